// Package pb is the generated code of proto/zg/da/v1: what DA encoders,
// dispersers and signers say to each other.
package pb
