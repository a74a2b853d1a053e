package devnet

import (
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/zgd-network/zgd/cmd/zgd/testnet"
)

// Identity of the network; app/config.go knows the pair.
const (
	ChainID    = "zg-devnet-1"
	EVMChainID = 7260001
)

// Ports of one process. A role leaves those at 0 that it does not use.
type Ports struct {
	testnet.Ports     // zgd
	Public, Admin int // zg-storage
	Status        int // zg-miner
	Web           int // faucet
	DA, DAStatus  int // zg-da-node; of zg-da-encoder its gRPC and HTTP
}

// Process is one process of the network.
type Process struct {
	Name  string // zgd-0, storage-1, miner-0
	Home  string
	Ports Ports
	Args  []string // of the one executable
	Env   []string // added to this process's environment
}

// Plan says who runs with which files and ports. It is a pure function of the
// options; nothing is read or written to make it.
type Plan struct {
	Options    Options
	Validators []Process
	Storage    []Process
	Miners     []Process
	DANodes    []Process
	DAEncoders []Process // one where there are DANodes
	Faucets    []Process // one or none
}

const portsPerProcess = 10 // a process's block when --ports-from is given

// portsNeeded is the length of the block of consecutive ports.
func portsNeeded(o Options) int {
	processes := o.Validators + o.Storage + o.Miners + o.DASigners
	if o.DASigners > 0 {
		processes++ // the encoder
	}
	return portsPerProcess * processes
}

// NewPlan lays out the network that the options ask for.
func NewPlan(o Options) Plan {
	plan := Plan{Options: o}
	for i := range o.Validators {
		plan.Validators = append(plan.Validators, validator(o, i))
	}
	for i := range o.Storage {
		plan.Storage = append(plan.Storage, storageNode(o, i, plan.Validators[i%o.Validators].Ports))
	}
	for i := range o.Miners {
		chain := plan.Validators[i%o.Validators].Ports
		// Storage nodes do not exchange data yet and zg puts to the first, so
		// every miner takes its loads there.
		plan.Miners = append(plan.Miners, miner(o, i, chain, plan.Storage[0].Ports))
	}
	for i := range o.DASigners {
		plan.DANodes = append(plan.DANodes, daNode(o, i, plan.Validators[i%o.Validators].Ports))
	}
	if o.DASigners > 0 {
		plan.DAEncoders = []Process{daEncoder(o, plan.Validators[0].Ports)}
	}
	if o.Faucet {
		plan.Faucets = []Process{faucetProcess(plan)}
	}
	return plan
}

// All lists the processes in the order they are started.
func (p Plan) All() []Process {
	return slices.Concat(p.Validators, p.Storage, p.Miners, p.DANodes, p.DAEncoders, p.Faucets)
}

func validator(o Options, i int) Process {
	ports := Ports{Ports: testnet.DefaultPorts(i)}
	if o.PortsFrom != 0 {
		ports.Ports = testnet.PortsFrom(o.PortsFrom)(i)
	}
	home := filepath.Join(o.Home, fmt.Sprintf("validator-%d", i))
	return Process{
		Name: fmt.Sprintf("zgd-%d", i), Home: home, Ports: ports,
		Args: []string{"start", "--home", home, "--log_level", o.LogLevel, "--log_no_color"},
		Env:  validatorEnv(o, ports),
	}
}

// validatorEnv sets the addresses by environment, so that a home made for some
// ports can be started on others.
func validatorEnv(o Options, p Ports) []string {
	prefix := envPrefix(o.Executable)
	set := func(key, value string) string { return prefix + key + "=" + value }
	return []string{
		set("P2P_LADDR", "tcp://"+loopback(p.P2P)),
		set("RPC_LADDR", "tcp://"+loopback(p.CometRPC)),
		set("RPC_PPROF_LADDR", ""),
		set("INSTRUMENTATION_PROMETHEUS_LISTEN_ADDR", loopback(p.CometMetrics)),
		set("GRPC_ADDRESS", loopback(p.GRPC)),
		set("API_ENABLE", "true"),
		set("API_ADDRESS", "tcp://"+loopback(p.REST)),
		set("JSON_RPC_ENABLE", "true"),
		set("JSON_RPC_ADDRESS", loopback(p.EVM)),
		set("JSON_RPC_WS_ADDRESS", loopback(p.EVMWS)),
		set("JSON_RPC_WS_ORIGINS", "localhost,127.0.0.1"), // web pages of this machine, on any port
		set("JSON_RPC_METRICS_ADDRESS", loopback(p.EVMMetrics)),
		set("EVM_GETH_METRICS_ADDRESS", loopback(p.GethMetrics)),
		set("CONSENSUS_TIMEOUT_COMMIT", o.BlockTime.String()),
	}
}

// envPrefix is what the SDK puts before a configuration key: the executable's
// name in capitals.
func envPrefix(executable string) string {
	name := strings.ToUpper(filepath.Base(executable))
	return strings.NewReplacer(".", "_", "-", "_").Replace(name) + "_"
}

func storagePorts(o Options, i int) Ports {
	first := o.PortsFrom + portsPerProcess*(o.Validators+i)
	if o.PortsFrom == 0 {
		return Ports{Public: 5678 + 10*i, Admin: 5679 + 10*i}
	}
	return Ports{Public: first, Admin: first + 1}
}

// storagePeers are the other storage nodes, whom the indexer of each names, too.
func storagePeers(o Options, i int) []string {
	var urls []string
	for other := range o.Storage {
		if other != i {
			urls = append(urls, "http://"+loopback(storagePorts(o, other).Public))
		}
	}
	if len(urls) == 0 {
		return nil
	}
	return []string{"--peers", strings.Join(urls, ",")}
}

func storageNode(o Options, i int, chain Ports) Process {
	ports := storagePorts(o, i)
	home := filepath.Join(o.Home, fmt.Sprintf("storage-%d", i))
	return Process{
		Name: fmt.Sprintf("storage-%d", i), Home: home, Ports: ports,
		Args: append([]string{"sidecar", "storage", "start", "--home", home,
			"--listen", loopback(ports.Public), "--admin-listen", loopback(ports.Admin)},
			slices.Concat(storagePeers(o, i), daGateways(o), chainFlags(o, chain))...),
	}
}

func miner(o Options, i int, chain, storage Ports) Process {
	first := o.PortsFrom + portsPerProcess*(o.Validators+o.Storage+i)
	ports := Ports{Status: first}
	if o.PortsFrom == 0 {
		ports = Ports{Status: 5680 + 10*i}
	}
	home := filepath.Join(o.Home, fmt.Sprintf("miner-%d", i))
	return Process{
		Name: fmt.Sprintf("miner-%d", i), Home: home, Ports: ports,
		Args: append([]string{"sidecar", "miner", "start", "--home", home,
			"--storage", "http://" + loopback(storage.Public),
			"--key-file", keyFile(o.Home, minerName(i)), "--miner-seed", "0",
			"--status-listen", loopback(ports.Status)},
			chainFlags(o, chain)...),
	}
}

// Port of the faucet: near the usual one of web servers, or the one that the
// first validator's block of ten has left, so that no other role moves.
const (
	faucetPort   = 8088
	faucetOffset = 9
)

// faucetProcess pays from its own account over the first validator's JSON-RPC.
// How often somebody may ask is set by ZG_FAUCET_ variables.
func faucetProcess(plan Plan) Process {
	o, chain := plan.Options, plan.Validators[0].Ports
	ports := Ports{Web: o.PortsFrom + faucetOffset}
	if o.PortsFrom == 0 {
		ports.Web = faucetPort
	}
	var storage []string
	for _, p := range plan.Storage {
		storage = append(storage, "http://"+loopback(p.Ports.Public))
	}
	home := filepath.Join(o.Home, "faucet-0")
	return Process{
		Name: "faucet-0", Home: home, Ports: ports,
		Args: []string{"sidecar", "faucet", "start", "--home", home,
			"--listen", loopback(ports.Web), "--key-file", keyFile(o.Home, "faucet0"), "--amount", o.FaucetGift,
			"--chain-id", ChainID, "--evm-chain-id", strconv.Itoa(EVMChainID),
			"--evm-rpc", "http://" + loopback(chain.EVM), "--evm-ws", "ws://" + loopback(chain.EVMWS),
			"--comet-rpc", "http://" + loopback(chain.CometRPC), "--grpc", loopback(chain.GRPC),
			"--rest", "http://" + loopback(chain.REST), "--storage", strings.Join(storage, ","),
			"--log-level", o.LogLevel},
	}
}

func chainFlags(o Options, chain Ports) []string {
	return []string{
		"--chain-grpc", loopback(chain.GRPC),
		"--comet-rpc", "http://" + loopback(chain.CometRPC),
		"--log-level", o.LogLevel,
	}
}

// List names the ports that are used, for the check that they are free.
func (p Ports) List() []int {
	var used []int
	for _, port := range []int{p.P2P, p.CometRPC, p.GRPC, p.REST, p.EVM, p.EVMWS, p.CometMetrics, p.GethMetrics, p.EVMMetrics, p.Public, p.Admin, p.Status, p.Web, p.DA, p.DAStatus} {
		if port != 0 {
			used = append(used, port)
		}
	}
	return used
}

// loopback is the only host anything of a devnet listens on.
func loopback(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

func keyFile(home, name string) string { return filepath.Join(home, "keys", name+".key") }

func minerName(i int) string { return fmt.Sprintf("miner%d", i) }
