package apptest

import (
	"bytes"
	"crypto/sha512"

	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"

	"github.com/zgd-network/zgd/app"
	"github.com/zgd-network/zgd/x/dasigners/beacon"
	"github.com/zgd-network/zgd/x/dasigners/bls"
	datypes "github.com/zgd-network/zgd/x/dasigners/types"
)

// BeaconSigner is the validator's beacon key, the same in every run.
func BeaconSigner() beacon.Signer {
	seed := sha512.Sum512([]byte("apptest beacon key"))
	key, err := bls.GenerateKey(bytes.NewReader(seed[:]))
	if err != nil {
		panic(err) // 64 bytes are enough
	}
	return beacon.NewSigner(key)
}

// ConsensusAddress is the validator's, as votes and proposals name it.
func ConsensusAddress() []byte { return consensusKey().PubKey().Address() }

// addBeaconKey gives the validator its beacon key, unless the test wants none.
func (c *Chain) addBeaconKey(state app.GenesisState) {
	c.t.Helper()
	if c.options.NoBeaconKey {
		return
	}
	registration, err := beacon.Register(BeaconSigner(), c.App.EVMChainID, [20]byte(ConsensusAddress()))
	if err == nil {
		err = app.AddBeaconKey(c.App.AppCodec(), state, c.App.EVMChainID, registration)
	}
	if err != nil {
		c.t.Fatalf("genesis: %v", err)
	}
}

// BeaconTx is the transaction that the validator's next block begins with, nil in
// a chain without x/dasigners.
func (c *Chain) BeaconTx() []byte {
	c.t.Helper()
	if _, ok := c.App.ModuleManager.Modules[datypes.ModuleName]; !ok {
		return nil
	}
	height := c.Height + 1
	header := cmtproto.Header{ChainID: c.options.ChainID, Height: c.Height, Time: c.Time}
	ctx := c.App.NewContextLegacy(c.App.LastBlockHeight() > 0, header) // before the first commit, what InitChain wrote
	key, err := c.App.DASignersKeeper.BeaconKeyFor(ctx, ConsensusAddress(), height)
	if err != nil {
		c.t.Fatalf("beacon key: %v", err)
	}
	if key == nil {
		return beacon.EncodeTx(nil)
	}
	value, err := c.App.DASignersKeeper.BeaconValue(ctx)
	if err != nil {
		c.t.Fatalf("beacon: %v", err)
	}
	signature, err := BeaconSigner().Sign(beacon.Message(c.App.EVMChainID, uint64(height), value))
	if err != nil {
		c.t.Fatalf("beacon: %v", err)
	}
	return beacon.EncodeTx(signature)
}
