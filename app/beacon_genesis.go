package app

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	abci "github.com/cometbft/cometbft/abci/types"

	"github.com/cosmos/cosmos-sdk/codec"
	cryptocodec "github.com/cosmos/cosmos-sdk/crypto/codec"
	cryptotypes "github.com/cosmos/cosmos-sdk/crypto/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	genutiltypes "github.com/cosmos/cosmos-sdk/x/genutil/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/zgd-network/zgd/x/dasigners/beacon"
	"github.com/zgd-network/zgd/x/dasigners/bls"
	datypes "github.com/zgd-network/zgd/x/dasigners/types"
)

// changeDASigners changes the module's part of an app state. An app state without
// it (WithoutStorage) stays as it is.
func changeDASigners(cdc codec.JSONCodec, state GenesisState, change func(*datypes.GenesisState) error) error {
	raw, ok := state[datypes.ModuleName]
	if !ok {
		return nil
	}
	var genesis datypes.GenesisState
	if err := cdc.UnmarshalJSON(raw, &genesis); err != nil {
		return fmt.Errorf("genesis of %s: %w", datypes.ModuleName, err)
	}
	if err := change(&genesis); err != nil {
		return err
	}
	raw, err := cdc.MarshalJSON(&genesis)
	state[datypes.ModuleName] = raw
	return err
}

// AddBeaconKey puts a validator's beacon key into an app state, effective from the
// first block. It checks the proof of possession; a key of the same validator is
// replaced.
func AddBeaconKey(cdc codec.JSONCodec, state GenesisState, evmChainID uint64, r beacon.Registration) error {
	if err := r.Verify(evmChainID); err != nil {
		return err
	}
	return changeDASigners(cdc, state, func(g *datypes.GenesisState) error {
		if g.Epoch != nil {
			return fmt.Errorf("genesis of %s is of a chain that has run: its validators register keys on chain", datypes.ModuleName)
		}
		key := datypes.BeaconKey{ConsensusAddress: r.ConsensusAddress[:], G2: bls.EncodeG2(&r.Public.G2)}
		for _, other := range g.BeaconKeys {
			if bytes.Equal(other.G2, key.G2) && !bytes.Equal(other.ConsensusAddress, key.ConsensusAddress) {
				return fmt.Errorf("beacon key of validator %x is that of validator %x: each validator needs a key of its own", key.ConsensusAddress, other.ConsensusAddress)
			}
		}
		at, found := slices.BinarySearchFunc(g.BeaconKeys, key.ConsensusAddress, func(k datypes.BeaconKey, address []byte) int {
			return bytes.Compare(k.ConsensusAddress, address)
		})
		if found {
			g.BeaconKeys[at] = key
		} else {
			g.BeaconKeys = slices.Insert(g.BeaconKeys, at, key)
		}
		used := bls.EncodeG1(&r.Public.G1)
		if at, found := slices.BinarySearchFunc(g.UsedKeys, used, bytes.Compare); !found {
			g.UsedKeys = slices.Insert(g.UsedKeys, at, used)
		}
		return nil
	})
}

// SetBeaconSeed sets what the first block's beacon is made of, 32 bytes.
func SetBeaconSeed(cdc codec.JSONCodec, state GenesisState, seed [32]byte) error {
	return changeDASigners(cdc, state, func(g *datypes.GenesisState) error {
		g.GenesisSeed = seed[:]
		return nil
	})
}

// ValidatorsWithoutBeaconKey names the validators of gentxs that have no beacon
// key in an app state which asks for them, by consensus address and moniker.
func (app *App) ValidatorsWithoutBeaconKey(state GenesisState) ([]string, error) {
	have := map[string]bool{} // only looked up
	required := false
	if err := changeDASigners(app.appCodec, state, func(g *datypes.GenesisState) error {
		required = g.Params.RequireBeaconKey
		for _, key := range g.BeaconKeys {
			have[string(key.ConsensusAddress)] = true
		}
		return nil
	}); err != nil || !required {
		return nil, err
	}
	var missing []string
	for _, raw := range genutiltypes.GetGenesisStateFromAppState(app.appCodec, state).GenTxs {
		address, moniker, err := app.gentxValidator(raw)
		if err != nil {
			return nil, err
		}
		if address != nil && !have[string(address)] {
			missing = append(missing, fmt.Sprintf("%s (%s)", hex.EncodeToString(address), moniker))
		}
	}
	return missing, nil
}

// gentxValidator is the consensus address and the name of the validator that a
// gentx makes; none for a gentx that delegates only.
func (app *App) gentxValidator(raw json.RawMessage) (address []byte, moniker string, err error) {
	tx, err := app.txConfig.TxJSONDecoder()(raw)
	if err != nil {
		return nil, "", fmt.Errorf("gentx: %w", err)
	}
	for _, msg := range tx.GetMsgs() {
		create, ok := msg.(*stakingtypes.MsgCreateValidator)
		if !ok || create.Pubkey == nil {
			continue
		}
		if key, ok := create.Pubkey.GetCachedValue().(cryptotypes.PubKey); ok {
			return key.Address(), create.Description.Moniker, nil
		}
	}
	return nil, "", nil
}

// checkGenesisBeaconKeys refuses to start a new chain with a validator that has no
// beacon key, where the parameters want all to have one. A chain that goes on from
// an export may have such validators: they bonded while it ran.
func (app *App) checkGenesisBeaconKeys(ctx sdk.Context, validators []abci.ValidatorUpdate) error {
	if !app.hasStorage() {
		return nil
	}
	epoch, err := app.DASignersKeeper.Epoch.Get(ctx)
	if err != nil || len(epoch.Seed) > 0 {
		return err
	}
	addresses := make([][]byte, 0, len(validators))
	for _, v := range validators {
		key, err := cryptocodec.FromCmtProtoPublicKey(v.PubKey)
		if err != nil {
			return fmt.Errorf("validator of genesis: %w", err)
		}
		addresses = append(addresses, key.Address())
	}
	return app.DASignersKeeper.CheckBeaconKeys(ctx, addresses)
}
