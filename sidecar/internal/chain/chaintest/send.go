package chaintest

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/big"

	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/x/flow/keccak"
	"github.com/zgd-network/zgd/x/flow/layout"
	"github.com/zgd-network/zgd/x/flow/merkle"
	"github.com/zgd-network/zgd/x/pora/mine"
)

// Codes of rejections, as x/flow, x/pora and the SDK number them. CodeProof
// stands for any reason against a proof but a closed epoch.
const (
	CodeInvalidSubmission = 2
	CodeUnderpaid         = 3
	CodeProof             = 2
	CodeEpochClosed       = 13
	CodeFunds             = 5 // codespace sdk
)

// Account sends as one address. Every transaction makes one block.
type Account struct {
	chain   *Chain
	address string
}

var _ chain.Sender = (*Account)(nil)

// Sender returns an account; it has Params.Funds when it is first used.
func (c *Chain) Sender(address string) *Account { return &Account{chain: c, address: address} }

// SubmitData enters a file's content as some account; it is for tests that need
// data in the flow. It fails only for an empty file.
func (c *Chain) SubmitData(data []byte) (chain.Entry, error) {
	file, err := merkle.NewFileFromData(data)
	if err != nil {
		return chain.Entry{}, err
	}
	submission := chain.Submission{SizeBytes: file.Size(), Endowment: new(big.Int).Lsh(big.NewInt(1), 40)}
	for _, node := range file.Nodes() {
		submission.Nodes = append(submission.Nodes, chain.Node{Root: node.Root, Height: node.Height})
	}
	placed, _, err := c.Sender("zg1someone").Submit(context.Background(), 0, []chain.Submission{submission})
	if err != nil {
		return chain.Entry{}, err
	}
	return c.Entry(context.Background(), 0, placed[0].TxSeq)
}

// Address returns the account's address.
func (a *Account) Address() string { return a.address }

func reject(codespace string, code uint32, format string, args ...any) error {
	return &chain.Rejection{Codespace: codespace, Code: code, Log: fmt.Sprintf(format, args...)}
}

// deliver runs a transaction and makes its block. It pays the fee even when the
// transaction fails, as the chain does.
func (a *Account) deliver(ctx context.Context, run func(c *Chain) error) (chain.Receipt, error) {
	c := a.chain
	leave, err := c.enter(ctx)
	if err != nil {
		return chain.Receipt{}, err
	}
	defer leave()
	if c.refuse != nil {
		return chain.Receipt{}, c.refuse
	}
	fee := big.NewInt(c.params.Fee)
	if err := c.pay(a.address, fee); err != nil {
		return chain.Receipt{}, err
	}
	seed := binary.BigEndian.AppendUint64([]byte(a.address), uint64(c.block.Height))
	c.makeBlock() // may open a context, which holds nothing of this block
	runErr := run(c)
	return chain.Receipt{TxHash: fmt.Sprintf("%X", keccak.Sum256(seed)), Height: c.block.Height, GasUsed: 100_000, Fee: fee}, runErr
}

func (c *Chain) pay(address string, amount *big.Int) error {
	balance := c.balance(address)
	if balance.Cmp(amount) < 0 {
		return reject("sdk", CodeFunds, "insufficient funds: %s has %v, needs %v", address, balance, amount)
	}
	balance.Sub(balance, amount)
	return nil
}

// EstimateFee is the flat fee.
func (a *Account) EstimateFee(ctx context.Context, _ uint64, _ []chain.Submission) (*big.Int, error) {
	leave, err := a.chain.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	return big.NewInt(a.chain.params.Fee), nil
}

// Submit places files; all or none.
func (a *Account) Submit(ctx context.Context, _ uint64, items []chain.Submission) (placed []chain.Placed, r chain.Receipt, err error) {
	r, err = a.deliver(ctx, func(c *Chain) error {
		frontier, entries, rewards := c.frontier, len(c.entries), len(c.rewards)
		for _, item := range items {
			one, err := c.place(a.address, item)
			if err != nil {
				c.frontier, c.entries, c.rewards, placed = frontier, c.entries[:entries], c.rewards[:rewards], nil
				return err
			}
			placed = append(placed, one)
		}
		return nil
	})
	return placed, r, err
}

// place needs the lock.
func (c *Chain) place(sender string, item chain.Submission) (chain.Placed, error) {
	nodes := make([]merkle.Node, len(item.Nodes))
	for i, node := range item.Nodes {
		nodes[i] = merkle.Node{Root: node.Root, Height: node.Height}
	}
	if err := merkle.ValidateNodes(item.SizeBytes, nodes); err != nil {
		return chain.Placed{}, reject("flow", CodeInvalidSubmission, "%v", err)
	}
	if len(item.Tags) > int(c.params.MaxTagsBytes) {
		return chain.Placed{}, reject("flow", CodeInvalidSubmission, "tags have %d bytes", len(item.Tags))
	}
	sectors := merkle.ChargedSectors(nodes)
	if sectors > c.params.MaxEntrySectors {
		return chain.Placed{}, reject("flow", CodeInvalidSubmission, "%d sectors, want at most %d", sectors, c.params.MaxEntrySectors)
	}
	count := new(big.Int).SetUint64(sectors)
	unit := new(big.Int).Div(item.Endowment, count)
	if unit.Cmp(big.NewInt(c.params.PriceFloor)) < 0 {
		return chain.Placed{}, reject("flow", CodeUnderpaid, "endowment %v for %d sectors is below the floor", item.Endowment, sectors)
	}
	taken := new(big.Int).Mul(unit, count)
	if err := c.pay(sender, taken); err != nil {
		return chain.Placed{}, err
	}
	start, err := c.frontier.Append(nodes)
	if err != nil {
		return chain.Placed{}, reject("flow", CodeInvalidSubmission, "%v", err)
	}
	end := c.block.Time.Unix() + int64(c.params.PeriodSeconds)
	entry := chain.Entry{
		TxSeq: c.nextTxSeq(), Root: merkle.FileRoot(nodes), Nodes: item.Nodes, StartSector: start, Sectors: sectors,
		SizeBytes: item.SizeBytes, Tags: item.Tags, Submitter: sender, UnitPrice: unit, EndTime: end,
		Height: c.block.Height, FlowRoot: c.frontier.Root(),
	}
	c.entries = append(c.entries, entry)
	c.rewards = append(c.rewards, chain.Reward{Endowment: taken, Paid: new(big.Int), Accrued: new(big.Int), Left: taken, EndTime: end})
	return chain.Placed{TxSeq: entry.TxSeq, Root: entry.Root, StartSector: start, Sectors: sectors, Endowment: taken, EndTime: end}, nil
}

// EstimateRechargeFee is the flat fee; it fails for an entry that is not there.
func (a *Account) EstimateRechargeFee(ctx context.Context, _, txSeq uint64, _ *big.Int) (*big.Int, error) {
	leave, err := a.chain.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	if txSeq == 0 || txSeq >= a.chain.nextTxSeq() {
		return nil, reject("flow", 6, "entry %d not found", txSeq)
	}
	return big.NewInt(a.chain.params.Fee), nil
}

// Recharge extends an entry by amount / (unit price * sectors) periods.
func (a *Account) Recharge(ctx context.Context, _, txSeq uint64, amount *big.Int) (end int64, r chain.Receipt, err error) {
	r, err = a.deliver(ctx, func(c *Chain) error {
		if txSeq == 0 || txSeq >= c.nextTxSeq() {
			return reject("flow", 6, "entry %d not found", txSeq)
		}
		if err := c.pay(a.address, amount); err != nil {
			return err
		}
		entry, reward := &c.entries[txSeq-1], &c.rewards[txSeq-1]
		perPeriod := new(big.Int).Mul(entry.UnitPrice, new(big.Int).SetUint64(entry.Sectors))
		seconds := new(big.Int).Mul(amount, new(big.Int).SetUint64(c.params.PeriodSeconds))
		entry.EndTime += seconds.Div(seconds, perPeriod).Int64()
		reward.Endowment = new(big.Int).Add(reward.Endowment, amount)
		reward.Left = new(big.Int).Add(reward.Left, amount)
		reward.EndTime, end = entry.EndTime, entry.EndTime
		return nil
	})
	return end, r, err
}

// RegisterMiner makes the id keccak256(owner | seed).
func (a *Account) RegisterMiner(ctx context.Context, beneficiary string, seed uint64) (id chain.Hash, r chain.Receipt, err error) {
	id = keccak.Sum256(binary.BigEndian.AppendUint64([]byte(a.address), seed))
	if beneficiary == "" {
		beneficiary = a.address
	}
	r, err = a.deliver(ctx, func(c *Chain) error {
		if c.miners[id] != nil {
			return reject("pora", CodeProof, "miner %x is registered already", id)
		}
		c.miners[id] = &chain.Miner{MinerID: id, Owner: a.address, Beneficiary: beneficiary, Seed: seed, Rewards: new(big.Int)}
		return nil
	})
	return id, r, err
}

// ClaimRange claims; active with the next epoch.
func (a *Account) ClaimRange(ctx context.Context, minerID chain.Hash, claim chain.Claim) (active uint64, r chain.Receipt, err error) {
	r, err = a.deliver(ctx, func(c *Chain) error {
		miner := c.miners[minerID]
		if miner == nil || miner.Owner != a.address {
			return reject("pora", CodeProof, "no miner %x of %s", minerID, a.address)
		}
		if miner.Claim != nil {
			return reject("pora", CodeProof, "miner %x has a claim", minerID)
		}
		rule := mine.Claim{StartLoad: claim.StartLoad, NumShard: uint64(claim.NumShard), ShardID: uint64(claim.ShardID)}
		if err := rule.Validate(); err != nil {
			return reject("pora", CodeProof, "%v", err)
		}
		active = uint64(len(c.contexts)) + 1
		claim.ActiveFromEpoch = active
		miner.Claim = &claim
		return nil
	})
	return active, r, err
}

// ReleaseRange gives a claim back at once.
func (a *Account) ReleaseRange(ctx context.Context, minerID chain.Hash) (chain.Receipt, error) {
	return a.deliver(ctx, func(c *Chain) error {
		miner := c.miners[minerID]
		if miner == nil || miner.Owner != a.address || miner.Claim == nil {
			return reject("pora", CodeProof, "no claim of miner %x", minerID)
		}
		miner.Claim = nil
		return nil
	})
}

// SubmitProof judges a solution with x/pora/mine.
func (a *Account) SubmitProof(ctx context.Context, answer chain.Answer) (reward *big.Int, r chain.Receipt, err error) {
	r, err = a.deliver(ctx, func(c *Chain) error {
		if c.beaten {
			c.beaten, c.proofsIn = false, c.params.MaxProofs
		}
		if c.proofsIn >= c.params.MaxProofs {
			return reject("pora", CodeEpochClosed, "epoch %d took its %d proofs", len(c.contexts), c.proofsIn)
		}
		if err := c.judge(answer); err != nil {
			return reject("pora", CodeProof, "%v", err)
		}
		reward = big.NewInt(c.params.Reward)
		miner := c.miners[answer.MinerID]
		miner.Proofs++
		miner.Rewards.Add(miner.Rewards, reward)
		balance := c.balance(miner.Beneficiary)
		balance.Add(balance, reward)
		c.proofsIn++
		c.proofs = append(c.proofs, chain.Proof{
			ProofID: uint64(len(c.proofs)) + 1, Epoch: uint64(len(c.contexts)), MinerID: answer.MinerID, Beneficiary: miner.Beneficiary,
			RecallSector: answer.RecallSector, Reward: reward, Height: c.block.Height, Time: c.block.Time.Unix(),
		})
		return nil
	})
	return reward, r, err
}

// judge needs the lock.
func (c *Chain) judge(answer chain.Answer) error {
	miner := c.miners[answer.MinerID]
	if miner == nil {
		return fmt.Errorf("no miner %x", answer.MinerID)
	}
	work := c.work(miner)
	if !work.Open {
		return fmt.Errorf("no work: %s", work.Reason)
	}
	if len(answer.SealedPiece) != layout.SealSize {
		return fmt.Errorf("piece of %d bytes", len(answer.SealedPiece))
	}
	if !c.holdsData(answer.RecallSector / layout.SectorsPerLoad) {
		return fmt.Errorf("load %d holds no data", answer.RecallSector/layout.SectorsPerLoad)
	}
	var seal mine.SealContext
	for _, context := range c.contexts {
		if context.Digest == answer.SealContextDigest {
			seal = mine.SealContext{Digest: context.Digest, PreviousLengthSectors: context.PreviousLengthSectors, LengthSectors: context.FlowLengthSectors}
		}
	}
	claim := mine.Claim{StartLoad: work.StartLoad, NumShard: uint64(work.NumShard), ShardID: uint64(work.ShardID)}
	output, err := mine.Verify(
		&mine.Solution{
			MinerID: answer.MinerID, ContextDigest: answer.ContextDigest, Nonce: answer.Nonce, RecallSector: answer.RecallSector,
			SealContextDigest: answer.SealContextDigest, SealedPiece: (*mine.Piece)(answer.SealedPiece), Proof: answer.Proof,
		},
		&mine.Work{MinerID: answer.MinerID, ContextDigest: work.ContextDigest, Range: mine.Range{Claim: claim, LengthLoads: work.LengthLoads}, Target: work.Target},
		mine.Context{Digest: work.ContextDigest, FlowRoot: work.FlowRoot, LengthSectors: work.FlowLengthSectors},
		seal,
	)
	if err != nil {
		return err
	}
	if c.outputs[output] {
		return fmt.Errorf("output %x was paid before", output)
	}
	c.outputs[output] = true
	return nil
}

func (c *Chain) holdsData(load uint64) bool {
	first := load * layout.SectorsPerLoad
	for _, entry := range c.entries {
		if entry.StartSector < first+layout.SectorsPerLoad && entry.StartSector+layout.DataSectors(entry.SizeBytes) > first {
			return true
		}
	}
	return false
}

// Withdraw pays nothing: the fake pushes every reward.
func (a *Account) Withdraw(ctx context.Context, _ string) (*big.Int, chain.Receipt, error) {
	r, err := a.deliver(ctx, func(*Chain) error { return nil })
	return new(big.Int), r, err
}
