package faucet

import (
	"fmt"
	"math/big"
	"strings"
)

// decimals of zg: 10^18 azg.
const decimals = 18

// parseZG reads a positive decimal amount of zg and returns azg.
func parseZG(text string) (*big.Int, error) {
	whole, fraction, _ := strings.Cut(text, ".")
	digits := whole + fraction
	if whole == "" || len(whole) > 15 || len(fraction) > decimals || strings.Trim(digits, "0123456789") != "" {
		return nil, fmt.Errorf("amount %q, want zg as a decimal such as 10 or 0.5", text)
	}
	azg, ok := new(big.Int).SetString(digits+strings.Repeat("0", decimals-len(fraction)), 10)
	if !ok || azg.Sign() == 0 {
		return nil, fmt.Errorf("amount %q, want more than 0", text)
	}
	return azg, nil
}

// CheckAmount says whether text is a gift's amount.
func CheckAmount(text string) error {
	_, err := parseZG(text)
	return err
}

// formatZG writes azg as zg, without zeros that say nothing.
func formatZG(azg *big.Int) string {
	text := fmt.Sprintf("%0*s", decimals+1, azg.String())
	cut := len(text) - decimals
	return strings.TrimSuffix(strings.TrimRight(text[:cut]+"."+text[cut:], "0"), ".") + " zg"
}
