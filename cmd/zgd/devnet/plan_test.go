package devnet_test

import (
	"bytes"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/accounts/abi"

	"github.com/zgd-network/zgd/app"
	"github.com/zgd-network/zgd/cmd/zgd/devnet"
	"github.com/zgd-network/zgd/cmd/zgd/testnet"
)

// options are good ones, to be made bad one at a time.
func options() devnet.Options {
	o := devnet.Defaults("/nowhere")
	o.Executable = "/usr/bin/zgd"
	o.ReadyFile = filepath.Join(o.Home, "network.json")
	return o
}

func TestOptionsRefuse(t *testing.T) {
	cases := []struct {
		name string
		edit func(*devnet.Options)
		want string // "" accepts
	}{
		{"the defaults", func(*devnet.Options) {}, ""},
		{"no validator", func(o *devnet.Options) { o.Validators = 0 }, "--validators 0"},
		{"the most validators", func(o *devnet.Options) { o.Validators = devnet.MaxValidators }, ""},
		{"one validator too many", func(o *devnet.Options) { o.Validators = devnet.MaxValidators + 1 }, "--validators 17"},
		{"no storage and no miner", func(o *devnet.Options) { o.Storage, o.Miners = 0, 0 }, ""},
		{"a miner without storage", func(o *devnet.Options) { o.Storage = 0 }, "a miner takes its data from a storage node"},
		{"a negative number of miners", func(o *devnet.Options) { o.Miners = -1 }, "--miners -1"},
		{"the most signers", func(o *devnet.Options) { o.DASigners = devnet.MaxDASigners }, ""},
		{"one signer too many", func(o *devnet.Options) { o.DASigners = devnet.MaxDASigners + 1 }, "--da-signers 33"},
		{"the shortest block time", func(o *devnet.Options) { o.BlockTime = 10 * time.Millisecond }, ""},
		{"a shorter block time", func(o *devnet.Options) { o.BlockTime = 9 * time.Millisecond }, "--block-time 9ms"},
		{"the lowest ports", func(o *devnet.Options) { o.PortsFrom = 1024 }, ""},
		{"ports of the system", func(o *devnet.Options) { o.PortsFrom = 1023 }, "--ports-from 1023"},
		{"the highest ports", func(o *devnet.Options) { o.PortsFrom = 65536 - 80 }, ""},
		{"ports that do not exist", func(o *devnet.Options) { o.PortsFrom = 65536 - 79 }, "65536"},
		{"a gift of less than a zg", func(o *devnet.Options) { o.FaucetGift = "0.25" }, ""},
		{"a gift of nothing", func(o *devnet.Options) { o.FaucetGift = "0" }, "--faucet-amount"},
		{"a gift of nothing without a faucet", func(o *devnet.Options) { o.FaucetGift, o.Faucet = "0", false }, ""},
		{"an unknown log level", func(o *devnet.Options) { o.LogLevel = "loud" }, `--log-level "loud"`},
		{"no home", func(o *devnet.Options) { o.Home = "" }, "--home"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			o := options()
			c.edit(&o)
			err := o.Validate()
			switch {
			case c.want == "" && err != nil:
				t.Errorf("got %v, want no error", err)
			case c.want != "" && (!errors.Is(err, devnet.ErrUsage) || !strings.Contains(err.Error(), c.want)):
				t.Errorf("got %v, want ErrUsage with %q", err, c.want)
			}
		})
	}
}

// portsOf fails the test when two processes of the plan share a port.
func portsOf(t *testing.T, o devnet.Options) []int {
	t.Helper()
	var ports []int
	for _, p := range devnet.NewPlan(o).All() {
		for _, port := range p.Ports.List() {
			if slices.Contains(ports, port) {
				t.Errorf("port %d of %s is another process's too", port, p.Name)
			}
			ports = append(ports, port)
		}
	}
	return ports
}

func TestPlanGivesEveryProcessItsOwnPorts(t *testing.T) {
	o := options()
	o.Validators, o.Storage, o.Miners = devnet.MaxValidators, devnet.MaxStorage, devnet.MaxMiners
	o.DASigners = devnet.MaxDASigners
	portsOf(t, o) // the usual ports
	o.PortsFrom = 20000
	for _, port := range portsOf(t, o) {
		if port < 20000 || port >= 20000+10*(3*16+32+1) {
			t.Errorf("port %d is outside the block asked for", port)
		}
	}
}

func TestPlanUsesTheUsualPortsByDefault(t *testing.T) {
	plan := devnet.NewPlan(options())
	got, want := plan.Validators[0].Ports.Ports, testnet.Ports{
		P2P: 26656, CometRPC: 26657, GRPC: 9090, REST: 1317, EVM: 8545, EVMWS: 8546,
		CometMetrics: 26660, GethMetrics: 8100, EVMMetrics: 6065,
	}
	if got != want {
		t.Errorf("validator ports %+v, want %+v", got, want)
	}
	if got, want := plan.Storage[0].Ports, (devnet.Ports{Public: 5678, Admin: 5679}); got != want {
		t.Errorf("storage ports %+v, want %+v", got, want)
	}
	if got := plan.Miners[0].Ports.Status; got != 5680 {
		t.Errorf("miner status port %d, want 5680", got)
	}
	if got := plan.DANodes[1].Ports; got != (devnet.Ports{DA: 34010, DAStatus: 34011}) {
		t.Errorf("ports of the second signer %+v, want 34010 and 34011", got)
	}
	if got := plan.DAEncoders[0].Ports; got != (devnet.Ports{DA: 51001, DAStatus: 51002}) {
		t.Errorf("ports of the encoder %+v, want 51001 and 51002", got)
	}
	if got := plan.Faucets[0].Ports; got != (devnet.Ports{Web: 8088}) {
		t.Errorf("faucet ports %+v, want 8088", got)
	}
}

// The faucet takes a port that the first validator's ten have left: with it and
// without it the others listen where they always did.
func TestTheFaucetMovesNobody(t *testing.T) {
	o := options()
	o.Validators, o.Storage, o.Miners, o.PortsFrom = 2, 2, 1, 30000
	with := devnet.NewPlan(o)
	o.Faucet = false
	without := devnet.NewPlan(o)
	if len(without.Faucets) != 0 || len(with.All()) != len(without.All())+1 {
		t.Errorf("%d processes with a faucet, %d without", len(with.All()), len(without.All()))
	}
	for i, p := range without.All() {
		if q := with.All()[i]; p.Name != q.Name || p.Ports != q.Ports {
			t.Errorf("%s has ports %+v without a faucet, %+v with it", p.Name, p.Ports, q.Ports)
		}
	}
	if got := with.Faucets[0].Ports.Web; got != 30009 {
		t.Errorf("faucet port %d, want 30009", got)
	}
	args := strings.Join(with.Faucets[0].Args, " ")
	for _, want := range []string{"--listen 127.0.0.1:30009", "--evm-rpc http://127.0.0.1:30004", "keys/faucet0.key",
		"--storage http://127.0.0.1:30020,http://127.0.0.1:30030", "--amount 10"} {
		if !strings.Contains(args, want) {
			t.Errorf("arguments %q lack %q", args, want)
		}
	}
}

// The address book is the application's; ours only gives it names.
func TestContractsAreThoseOfTheAddressBook(t *testing.T) {
	want := map[string]string{
		"dasigners": app.PrecompileDASigners, "flow": app.PrecompileFlow, "market": app.PrecompileMarket, "pora": app.PrecompilePora,
		"reward": app.PrecompileReward, "verify": app.PrecompileVerify,
	}
	for _, c := range devnet.Contracts() {
		if want[c.Name] != c.Address || c.About == "" {
			t.Errorf("%s is at %s (%q), want %s", c.Name, c.Address, c.About, want[c.Name])
		}
		if parsed, err := abi.JSON(bytes.NewReader(c.ABI)); err != nil || len(parsed.Methods) == 0 {
			t.Errorf("ABI of %s: %v, %d functions", c.Name, err, len(parsed.Methods))
		}
		delete(want, c.Name)
	}
	if len(want) > 0 {
		t.Errorf("missing %v", want)
	}
}

// Everything listens on loopback only, whatever the ports.
func TestPlanListensOnLoopbackOnly(t *testing.T) {
	o := options()
	o.Validators, o.Storage, o.Miners, o.PortsFrom = 4, 2, 2, 30000
	for _, p := range devnet.NewPlan(o).All() {
		for _, text := range append(p.Args, p.Env...) {
			origins := strings.HasSuffix(text, "_WS_ORIGINS=localhost,127.0.0.1") // who may ask, not who listens
			if strings.Contains(text, "0.0.0.0") || strings.Contains(text, "localhost") && !origins {
				t.Errorf("%s: %q is not loopback", p.Name, text)
			}
		}
	}
}

func TestPlanWiresMinersToTheFirstStorageNode(t *testing.T) {
	o := options()
	o.Storage, o.Miners, o.PortsFrom = 2, 3, 30000
	plan := devnet.NewPlan(o)
	for i, m := range plan.Miners {
		args := strings.Join(m.Args, " ")
		for _, want := range []string{
			"sidecar miner start",
			"--storage http://127.0.0.1:30010",
			"--key-file /nowhere/.zg/devnet/keys/miner" + string(rune('0'+i)) + ".key",
			"--chain-grpc 127.0.0.1:30002",
		} {
			if !strings.Contains(args, want) {
				t.Errorf("%s: arguments %q lack %q", m.Name, args, want)
			}
		}
	}
}

func TestStorageNodesKnowEachOther(t *testing.T) {
	o := options()
	o.Storage, o.PortsFrom = 3, 30000
	for i, want := range []string{
		"--peers http://127.0.0.1:30020,http://127.0.0.1:30030 ",
		"--peers http://127.0.0.1:30010,http://127.0.0.1:30030 ",
		"--peers http://127.0.0.1:30010,http://127.0.0.1:30020 ",
	} {
		if args := strings.Join(devnet.NewPlan(o).Storage[i].Args, " "); !strings.Contains(args, want) {
			t.Errorf("storage node %d: arguments %q lack %q", i, args, want)
		}
	}
	o.Storage = 1
	if args := strings.Join(devnet.NewPlan(o).Storage[0].Args, " "); strings.Contains(args, "--peers") {
		t.Errorf("a single storage node: arguments %q", args)
	}
}

func TestAccountsAreTheWellKnownOnes(t *testing.T) {
	accounts, err := devnet.Accounts()
	if err != nil {
		t.Fatal(err)
	}
	if len(accounts) != 10 {
		t.Fatalf("%d accounts, want 10", len(accounts))
	}
	// the first two addresses that every Ethereum development network prints
	for i, want := range []string{"0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266", "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"} {
		if accounts[i].EVMAddress != want {
			t.Errorf("account %d is %s, want %s", i, accounts[i].EVMAddress, want)
		}
		if !strings.HasPrefix(accounts[i].Address, "zg1") {
			t.Errorf("account %d has address %s, want zg1…", i, accounts[i].Address)
		}
	}
	miners, err := devnet.MinerAccounts()
	if err != nil {
		t.Fatal(err)
	}
	operators, err := devnet.OperatorAccounts(devnet.MaxValidators)
	if err != nil {
		t.Fatal(err)
	}
	faucet, err := devnet.FaucetAccount()
	if err != nil {
		t.Fatal(err)
	}
	seen := make(map[string]bool)
	for _, a := range slices.Concat(accounts, miners, operators, []devnet.Account{faucet}) {
		if seen[a.Address] {
			t.Errorf("%s has the address of another account", a.Name)
		}
		seen[a.Address] = true
	}
}
