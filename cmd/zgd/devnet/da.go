package devnet

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	sdkmath "cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/codec"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/zgd-network/zgd/app"
	"github.com/zgd-network/zgd/cmd/zgd/testnet"
	"github.com/zgd-network/zgd/sidecar/client/network"
	"github.com/zgd-network/zgd/x/dasigners/bls"
	dasignerstypes "github.com/zgd-network/zgd/x/dasigners/types"
)

// What differs from the defaults of x/dasigners: short epochs, so that one sees
// quorums change, and records that stay as long as rows do. The shape of blobs is
// that of production.
const (
	daEpochBlocks = 60
	// daEpochSeconds keeps an epoch long enough for signers to renew on a chain
	// of very short blocks.
	daEpochSeconds = 60
	// daVotes of each signer; with the default price of a vote 1000 zg of stake.
	daVotes = 100
)

// daSigner is what a signer starts with: an account with stake and a key.
type daSigner struct {
	Account
	secret bls.SecretKey
}

// daSigners are those of the network. Their keys follow from their accounts'.
func daSigners(n int) ([]daSigner, error) {
	accounts, err := DASignerAccounts(n)
	if err != nil {
		return nil, err
	}
	signers := make([]daSigner, n)
	for i, account := range accounts {
		seed := sha256.Sum256(append([]byte("zgd/devnet/da-key/v1"), account.Key...))
		secret, err := bls.GenerateKey(rand.NewChaCha8(seed))
		if err != nil {
			return nil, err
		}
		signers[i] = daSigner{Account: account, secret: secret}
	}
	return signers, nil
}

// delegators give the signers stake from the first block on.
func delegators(signers []daSigner) []testnet.Delegator {
	var out []testnet.Delegator
	params := dasignerstypes.DefaultParams()
	stake := sdkmath.NewIntFromUint64(daVotes * params.TokensPerVote).Mul(sdk.DefaultPowerReduction)
	for _, s := range signers {
		out = append(out, testnet.Delegator{Name: s.Name, Key: s.Key, Stake: stake})
	}
	return out
}

// writeDAKeys lays the signers' keys into the homes of their nodes.
func writeDAKeys(plan Plan, signers []daSigner) error {
	for i, s := range signers {
		home := plan.DANodes[i].Home
		if err := os.MkdirAll(home, 0o700); err != nil {
			return fmt.Errorf("key files: %w", err)
		}
		text := hex.EncodeToString(s.secret.Bytes()) + "\n"
		if err := os.WriteFile(filepath.Join(home, "da.key"), []byte(text), 0o600); err != nil {
			return fmt.Errorf("key files: %w", err)
		}
	}
	return nil
}

// setDAGenesis registers the signers for epoch 0, so that a quorum stands in the
// first block, and gives the module the deposits that it owes them.
func setDAGenesis(plan Plan, signers []daSigner) testnet.GenesisMutator {
	return func(cdc codec.Codec, state app.GenesisState) error {
		var da dasignerstypes.GenesisState
		if err := cdc.UnmarshalJSON(state[dasignerstypes.ModuleName], &da); err != nil {
			return fmt.Errorf("genesis of x/dasigners: %w", err)
		}
		p := &da.Params
		p.EpochBlocks = max(daEpochBlocks, uint64(daEpochSeconds*time.Second/plan.Options.BlockTime))
		p.RecordRetentionEpochs = p.RetentionEpochs
		deposits := sdkmath.ZeroInt()
		for i, s := range signers {
			da.Signers = append(da.Signers, dasignerstypes.Signer{
				Address: s.Address, Socket: loopback(plan.DANodes[i].Ports.DA),
				Key: dasignerstypes.KeyOf(s.secret.Public()), KeyId: 1, Deposit: p.SignerDeposit,
			})
			da.Registrations = append(da.Registrations, dasignerstypes.Registration{Address: s.Address, Votes: daVotes})
			deposits = deposits.Add(p.SignerDeposit)
		}
		state[dasignerstypes.ModuleName] = cdc.MustMarshalJSON(&da)
		if deposits.IsZero() {
			return nil
		}
		return testnet.FundModule(cdc, state, dasignerstypes.ModuleName, sdk.NewCoins(sdk.NewCoin(app.BaseDenom, deposits)))
	}
}

func daPorts(o Options, i int) Ports {
	if o.PortsFrom == 0 {
		return Ports{DA: 34000 + 10*i, DAStatus: 34001 + 10*i}
	}
	first := o.PortsFrom + portsPerProcess*(o.Validators+o.Storage+o.Miners+i)
	return Ports{DA: first, DAStatus: first + 1}
}

func daNode(o Options, i int, chain Ports) Process {
	ports := daPorts(o, i)
	home := filepath.Join(o.Home, fmt.Sprintf("da-node-%d", i))
	return Process{
		Name: fmt.Sprintf("da-node-%d", i), Home: home, Ports: ports,
		Args: append([]string{"sidecar", "da-node", "start", "--home", home,
			"--listen", loopback(ports.DA), "--socket", loopback(ports.DA), "--status-listen", loopback(ports.DAStatus),
			"--key-file", keyFile(o.Home, daSignerName(i)),
			"--sample-min-reward", "0"}, // a devnet's fees are small, and one wants to see who wins
			chainFlags(o, chain)...),
	}
}

func daEncoder(o Options, chain Ports) Process {
	ports := Ports{DA: 51001, DAStatus: 51002}
	if o.PortsFrom != 0 {
		ports = daPorts(o, o.DASigners)
	}
	home := filepath.Join(o.Home, "da-encoder-0")
	return Process{
		Name: "da-encoder-0", Home: home, Ports: ports,
		Args: append([]string{"sidecar", "da-encoder", "start", "--home", home,
			"--listen", loopback(ports.DA), "--http-listen", loopback(ports.DAStatus),
			"--key-file", keyFile(o.Home, daEncoderName)},
			chainFlags(o, chain)...),
	}
}

// daGateways name the encoder to storage nodes, which fetch payloads there.
func daGateways(o Options) []string {
	if o.DASigners == 0 {
		return nil
	}
	return []string{"--da-gateways", "http://" + loopback(daEncoder(o, Ports{}).Ports.DAStatus)}
}

func daProbe(p Process) probe { return healthProbe(p, p.Ports.DAStatus) }

// readyDA describes data availability to clients; nil: there is none.
func readyDA(plan Plan, pids map[string]int) *network.DA {
	if len(plan.DAEncoders) == 0 {
		return nil
	}
	signers, err := DASignerAccounts(len(plan.DANodes))
	if err != nil { // they were derived when the network was made
		return nil
	}
	encoder := plan.DAEncoders[0].Ports
	da := &network.DA{EncoderGRPC: loopback(encoder.DA), EncoderHTTP: "http://" + loopback(encoder.DAStatus)}
	for i, p := range plan.DANodes {
		da.Signers = append(da.Signers, network.DASigner{
			Name: p.Name, Address: signers[i].Address, EVMAddress: signers[i].EVMAddress,
			Socket: loopback(p.Ports.DA), Status: "http://" + loopback(p.Ports.DAStatus), PID: pids[p.Name],
		})
	}
	return da
}

func daSignerName(i int) string { return fmt.Sprintf("dasigner%d", i) }

const daEncoderName = "daencoder0"
