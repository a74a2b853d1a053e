package keeper

// Names for tests outside of the package.
var (
	LongestRun       = longestRun
	FailureLog2Milli = failureLog2Milli
)
