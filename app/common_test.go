package app_test

import (
	"math/big"
	"math/rand"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	sdkmath "cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/zgd-network/zgd/app"
	"github.com/zgd-network/zgd/app/apptest"
)

// seeded returns a generator whose seed is printed; ZGD_SEED repeats a run.
func seeded(t *testing.T) *rand.Rand {
	t.Helper()
	seed := time.Now().UnixNano()
	if text := os.Getenv("ZGD_SEED"); text != "" {
		parsed, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			t.Fatalf("ZGD_SEED: %v", err)
		}
		seed = parsed
	}
	t.Logf("repeat with ZGD_SEED=%d", seed)
	return rand.New(rand.NewSource(seed))
}

func azg(amount int64) sdk.Coins {
	return sdk.NewCoins(sdk.NewCoin(app.BaseDenom, sdkmath.NewInt(amount)))
}

func send(from, to apptest.Account, amount int64) *banktypes.MsgSend {
	return banktypes.NewMsgSend(from.Address, to.Address, azg(amount))
}

// counterCode deploys a contract that at each call adds 1 to its slot 0 and logs
// the new value under topic 0x42.
var counterCode = common.FromHex("6015600c60003960156000f3" + "60005460010180600055600052604260206000a100")

// counterAddress is where an account's contract comes to lie.
func counterAddress(creator apptest.Account, nonce uint64) common.Address {
	return crypto.CreateAddress(creator.EVM, nonce)
}

func wei(n int64) *big.Int { return big.NewInt(n) }
