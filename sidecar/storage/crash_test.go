package storage_test

const victimHome = "ZG_STORAGE_TEST_VICTIM"

func runVictim(string) {}
