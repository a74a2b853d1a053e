package contract

// Branched lets tests look at what a handler works on.
var Branched = branched
