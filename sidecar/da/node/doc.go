// Package node is a DA signer: it checks the rows of blobs that a quorum gave to
// its seats, keeps them, signs for them and serves them.
//
//	disperser ──SubmitRows──► intake ──checks──► store ──durable──┐
//	          ──SignBatch───► signer ◄──what is held, chain──────┘──► σ
//	reader    ──GetRows, GetChunks, GetRecord──► store
//	chain     ──blocks──► follower: registers for epochs, notes confirmations,
//	                      deletes what lapsed or has expired
//
// The checks (intake.go), the form of what is stored (extent.go, record.go) and
// the decision what to sign (sign.go) know no network; the chain is the interface
// chain.DAReader, the disk flowlog.FS.
package node
