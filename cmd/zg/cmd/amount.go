package cmd

import (
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/zgd-network/zgd/sidecar/client"
)

// decimals of zg: 10^18 azg.
const decimals = 18

// secondsPerYear is a year of 365 days, as the chain's periods count.
const secondsPerYear = 365 * 86400

// parseAmount reads "1.5zg" or "100azg" as azg. A bare number is refused: it
// would be off by 10^18 for someone.
func parseAmount(text string) (*big.Int, error) {
	bad := fmt.Errorf("%w: amount %q, want a number with its unit, like 1.5zg or 100azg", client.ErrUsage, text)
	number, base := strings.CutSuffix(text, "azg")
	places := 0
	if !base {
		var display bool
		if number, display = strings.CutSuffix(text, "zg"); !display {
			return nil, bad
		}
		places = decimals
	}
	whole, fraction, point := strings.Cut(strings.TrimSpace(number), ".")
	digits := whole + fraction
	if (point && fraction == "") || len(fraction) > places || digits == "" || len(digits) > 60 || strings.Trim(digits, "0123456789") != "" {
		return nil, bad
	}
	amount, _ := new(big.Int).SetString(digits+strings.Repeat("0", places-len(fraction)), 10)
	return amount, nil
}

// formatAmount writes azg as zg, exact; amounts too small to read that way in azg.
func formatAmount(amount *big.Int) string {
	if amount == nil {
		return "unknown"
	}
	if amount.CmpAbs(big.NewInt(1_000_000_000)) < 0 {
		return amount.String() + " azg"
	}
	digits := fmt.Sprintf("%0*s", decimals+1, amount.String())
	whole, fraction := digits[:len(digits)-decimals], strings.TrimRight(digits[len(digits)-decimals:], "0")
	if fraction == "" {
		return whole + " zg"
	}
	return whole + "." + fraction + " zg"
}

// formatText is formatAmount for the decimal strings of results.
func formatText(azg string) string {
	amount, ok := new(big.Int).SetString(azg, 10)
	if !ok {
		return "unknown"
	}
	return formatAmount(amount)
}

// formatSeconds writes a length of time.
func formatSeconds(seconds uint64) string {
	switch {
	case seconds >= secondsPerYear:
		return fmt.Sprintf("%.4g years", float64(seconds)/secondsPerYear)
	case seconds >= 2*86400:
		return fmt.Sprintf("%.3g days", float64(seconds)/86400)
	}
	return (time.Duration(seconds) * time.Second).String()
}

// formatTime writes a time of the chain.
func formatTime(unix int64) string {
	if unix == 0 {
		return "unknown"
	}
	return time.Unix(unix, 0).UTC().Format("2006-01-02 15:04:05 UTC")
}

// formatBytes writes a size in powers of 1024, with the exact number where short.
func formatBytes(n uint64) string {
	if n < 1<<10 {
		return fmt.Sprintf("%d B", n)
	}
	value, unit := float64(n), 0
	for value >= 1024 && unit < 6 {
		value /= 1024
		unit++
	}
	return fmt.Sprintf("%.4g %ciB", value, "?KMGTPE"[unit])
}
