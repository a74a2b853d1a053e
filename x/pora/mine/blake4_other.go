//go:build !amd64

package mine

func haveBlake4() bool { return false }

// compress4 is never called where haveBlake4 is false.
func compress4(*[8][4]uint64, *[16][4]uint64, uint64, uint64) {}
