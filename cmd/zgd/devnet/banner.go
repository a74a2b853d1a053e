package devnet

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// banner is what the user sees when everything answers: who has money, where to
// knock, what to type next.
func banner(plan Plan, accounts []Account, made bool, took time.Duration) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	o := plan.Options
	first := plan.Validators[0].Ports

	line("")
	line("  zgd devnet: %d validator%s, %d storage node%s, %d miner%s, %d DA signer%s; ready in %.1f s",
		o.Validators, plural(o.Validators), o.Storage, plural(o.Storage), o.Miners, plural(o.Miners),
		o.DASigners, plural(o.DASigners), took.Seconds())
	line("")
	line("Accounts (1 000 000 zg each)")
	for _, a := range accounts[:userAccounts] {
		line("  %-5s %s  %s", a.Name, a.Address, a.EVMAddress)
	}
	line("Private keys: for a devnet only. EVERYBODY knows them; money sent to them on another network is lost.")
	for _, a := range accounts[:userAccounts] {
		line("  %-5s 0x%x", a.Name, a.Key)
	}
	line("  key files  %s", filepath.Join(o.Home, "keys", "dev0.key … dev9.key"))
	line("  mnemonic   %s", Mnemonic)
	line("  path       m/44'/60'/0'/0/i")
	line("")
	line("Chain        %s, EVM chain id %d (0x%x), block time %s", ChainID, EVMChainID, EVMChainID, o.BlockTime)
	line("  EVM        http://%s   ws://%s", loopback(first.EVM), loopback(first.EVMWS))
	line("  CometBFT   http://%s", loopback(first.CometRPC))
	line("  gRPC       %s", loopback(first.GRPC))
	line("  REST       http://%s", loopback(first.REST))
	line("Contracts    in the chain's code; ABIs at the page below")
	for _, c := range Contracts() {
		line("  %-10s %s", c.Name, c.Address)
	}
	for _, p := range plan.Faucets {
		line("Page         http://%s/   faucet, addresses, ABIs", loopback(p.Ports.Web))
	}
	daemons(line, plan)
	line("Home         %s  (%s)", o.Home, madeText(made))
	line("Logs         %s", filepath.Join(o.Home, "logs", "*.log"))
	line("Ready file   %s", o.ReadyFile)
	line("")
	line("Next, in a second terminal:")
	zg, zgd := sibling(o.Executable, "zg"), sibling(o.Executable, filepath.Base(o.Executable))
	if base, err := os.UserHomeDir(); err != nil || o.ReadyFile != filepath.Join(Defaults(base).Home, "network.json") {
		line("  export ZG_NETWORK=%s", o.ReadyFile)
	}
	line("  %s put SOME-FILE        # price, upload, the root on stdout", zg)
	line("  %s stat ROOT            # who proved it, what was paid", zg)
	line("  %s get ROOT -o out      # verified download", zg)
	if o.DASigners > 0 {
		line("  %s da put SOME-FILE     # coded, dispersed, signed, confirmed; then da get, da sample", zg)
	}
	if o.Faucet {
		line("  %s devnet faucet ADDRESS", zgd)
	}
	line("  %s query flow params --home %s", zgd, plan.Validators[0].Home)
	line("  %s tx bank send dev0 ADDRESS 1000000azg --home %s --gas auto --gas-adjustment 1.5 --gas-prices 1000000000azg", zgd, plan.Validators[0].Home)
	line("")
	line("Ctrl-C stops everything; the next start continues, --reset starts anew.")
	return b.String()
}

// daemons says where those beside the chain listen.
func daemons(line func(format string, args ...any), plan Plan) {
	for i, p := range plan.Storage {
		line("%-12s http://%s", label("Storage", i), loopback(p.Ports.Public))
	}
	for i, p := range plan.Miners {
		line("%-12s http://%s/v1/status", label("Miner", i), loopback(p.Ports.Status))
	}
	for _, p := range plan.DAEncoders {
		line("Blobs        http://%s/blobs   gRPC %s", loopback(p.Ports.DAStatus), loopback(p.Ports.DA))
	}
	for i, p := range plan.DANodes {
		line("%-12s %s   http://%s/v1/status", label("DA signer", i), loopback(p.Ports.DA), loopback(p.Ports.DAStatus))
	}
}

func plural(n int) string {
	if n == 1 {
		return ""
	}
	return "s"
}

// label numbers all but the first of a role.
func label(role string, i int) string {
	if i == 0 {
		return role
	}
	return fmt.Sprintf("%s %d", role, i)
}

func madeText(made bool) string {
	if made {
		return "a new network"
	}
	return "continued"
}

// sibling is the path of another binary beside this one when it is there, else
// its bare name.
func sibling(executable, name string) string {
	path := filepath.Join(filepath.Dir(executable), name)
	if _, err := os.Stat(path); err != nil {
		return name
	}
	if wd, err := os.Getwd(); err == nil {
		if rel, err := filepath.Rel(wd, path); err == nil && !strings.HasPrefix(rel, "..") {
			return rel
		}
	}
	return path
}
