// Package client puts blobs on the data-availability lane and reads them back,
// trusting nobody: neither a disperser, nor the members of a quorum, nor whoever
// serves rows (protocol-da.md §6).
//
//	put     payload ─► encode ─► SubmitBlobs ─► rows to the quorum ─► shares
//	                                ─► aggregate ─► ConfirmBatch        (Disperser)
//	get     root ─► record, members ─► any k checked rows ─► payload     (Retriever)
//	sample  root ─► a few random chunks ─► a confidence                  (Sampler)
//
// A file above one blob is several blobs and a manifest blob. What a root stands
// for is decided by the blob alone: see Manifest.
package client
