package beacon_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/zgd-network/zgd/x/dasigners/beacon"
	"github.com/zgd-network/zgd/x/dasigners/bls"
)

func TestARegistrationIsForOneChainAndOneValidator(t *testing.T) {
	signer := beacon.NewSigner(key(t))
	address := [20]byte{1, 2, 3}
	made, err := beacon.Register(signer, chain, address)
	if err != nil {
		t.Fatal(err)
	}
	if err := made.Verify(chain); err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(made)
	if err != nil {
		t.Fatal(err)
	}
	var read beacon.Registration
	if err := json.Unmarshal(raw, &read); err != nil {
		t.Fatal(err)
	}
	if err := read.Verify(chain); err != nil || read.Public != made.Public {
		t.Fatalf("read back: %v", err)
	}
	if err := read.Verify(chain + 1); !errors.Is(err, bls.ErrSignature) {
		t.Errorf("another chain: %v", err)
	}
	other := read
	other.ConsensusAddress[19] ^= 1
	if err := other.Verify(chain); !errors.Is(err, bls.ErrSignature) {
		t.Errorf("another validator: %v", err)
	}
	other = read
	other.Public.G1.Neg(&other.Public.G1)
	if err := other.Verify(chain); !errors.Is(err, bls.ErrKey) {
		t.Errorf("halves of two keys: %v", err)
	}
}

func TestTheSignersSignatureVerifies(t *testing.T) {
	signer := beacon.NewSigner(key(t))
	public := signer.Public()
	previous := beacon.Genesis(chain, [32]byte{7})
	signature, err := signer.Sign(beacon.Message(chain, 9, previous))
	if err != nil {
		t.Fatal(err)
	}
	if err := beacon.Verify(&public.G2, chain, 9, previous, signature); err != nil {
		t.Fatal(err)
	}
	signature[63] ^= 1
	if err := beacon.Verify(&public.G2, chain, 9, previous, signature); err == nil {
		t.Error("a signature that is one bit away was accepted")
	}
}

func FuzzRegistration(f *testing.F) {
	f.Add([]byte(`{"consensus_address":"00","g1":"","g2":"","possession":""}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var r beacon.Registration
		if json.Unmarshal(raw, &r) == nil {
			_ = r.Verify(chain) // must not panic
		}
	})
}
