package client_test

import (
	"encoding/hex"
	"time"

	"github.com/zgd-network/zgd/sidecar/da/client"
)

func bytesOf(text string, into []byte) (int, error) { return hex.Decode(into, []byte(text)) }

// patient waits for every member that answers at all, also on a busy machine.
func patient(o *client.Options) { o.Disperser.Grace = 10 * time.Second }
