// Package e2e uses whole networks as a person does: it starts `build/zgd devnet`
// as a process, types the commands of the README, kills what it likes, and looks
// at what is left. Its tests carry the build tag e2e and need `make build`
// first; the long ones carry the tag soak too (`make soak`).
package e2e
