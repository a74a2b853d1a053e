package chaintest_test

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/sidecar/internal/chain/chaintest"
)

func TestPlacedDataIsInTheNextContext(t *testing.T) {
	ctx := context.Background()
	fake := chaintest.New(chaintest.Params{})
	entry, err := fake.SubmitData(bytes.Repeat([]byte{7}, 3<<18))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fake.ContextAt(ctx, 0, entry.StartSector); !errors.Is(err, chain.ErrNotFound) {
		t.Fatalf("before the epoch: got %v, want ErrNotFound", err)
	}
	opened := fake.NextEpoch()
	flow, err := fake.Flow(ctx, 0)
	if err != nil || flow.Root != opened.FlowRoot || flow.Root != entry.FlowRoot {
		t.Fatalf("flow %+v, context %+v, entry root %x, %v", flow, opened, entry.FlowRoot, err)
	}
	at, err := fake.ContextAt(ctx, 0, entry.StartSector+entry.Sectors-1)
	if err != nil || at != opened {
		t.Fatalf("got %+v %v, want %+v", at, err, opened)
	}
}

func TestABatchIsAllOrNone(t *testing.T) {
	ctx := context.Background()
	fake := chaintest.New(chaintest.Params{})
	good, err := fake.SubmitData([]byte("a"))
	if err != nil {
		t.Fatal(err)
	}
	before, _ := fake.Flow(ctx, 0)
	item := chain.Submission{SizeBytes: good.SizeBytes, Nodes: good.Nodes, Endowment: good.UnitPrice}
	poor := item
	poor.Endowment = poor.Endowment.Rsh(poor.Endowment, 60)
	_, _, err = fake.Sender("zg1x").Submit(ctx, 0, []chain.Submission{item, poor})
	var refused *chain.Rejection
	if !errors.As(err, &refused) || refused.Code != chaintest.CodeUnderpaid {
		t.Fatalf("got %v, want a rejection with code %d", err, chaintest.CodeUnderpaid)
	}
	if after, _ := fake.Flow(ctx, 0); after != before {
		t.Fatalf("flow went from %+v to %+v", before, after)
	}
}

func TestAChainThatIsDownAnswersUnavailable(t *testing.T) {
	fake := chaintest.New(chaintest.Params{})
	fake.SetDown(true)
	if _, err := fake.Status(context.Background()); !errors.Is(err, chain.ErrUnavailable) {
		t.Fatalf("got %v, want ErrUnavailable", err)
	}
	fake.SetDown(false)
	if _, err := fake.Status(context.Background()); err != nil {
		t.Fatal(err)
	}
}
