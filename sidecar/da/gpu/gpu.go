//go:build cuda && linux

package gpu

import _ "embed"

// kernels is kernels.cu compiled for cards from Ampere on; the driver makes
// machine code of it for the card it finds.
//
//go:embed kernels.ptx
var kernels []byte

// openMachine is the first card.
func openMachine() (machine, error) {
	card, err := openCard(kernels)
	if err != nil {
		return nil, err
	}
	return card, nil
}
