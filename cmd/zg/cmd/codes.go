package cmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/zgd-network/zgd/sidecar/client"
	"github.com/zgd-network/zgd/sidecar/client/nodeapi"
	da "github.com/zgd-network/zgd/sidecar/da/client"
)

// Exit codes (people.md 2.4).
const (
	exitOK       = 0
	exitFailure  = 1 // this machine: disk, files
	exitUsage    = 2
	exitNotFound = 3
	exitVerify   = 4
	exitPayment  = 5
	exitNetwork  = 6 // doing the same again goes on from there
	exitRejected = 7
)

var (
	errNoNetwork   = errors.New("no network")
	errInterrupted = errors.New("interrupted")
)

// runError is an error of a command's work; others are of its usage.
type runError struct{ error }

func (e *runError) Unwrap() error { return e.error }

// code is an error as users meet it: what it means and what to do.
type code struct {
	id     string
	is     error // matched by errors.Is, first match wins
	exit   int
	why    string
	remedy string
}

// codes is every error of zg. An id is never used for anything else; README.md
// lists them all (codes_test.go checks that).
var codes = []code{
	{"ZG-1006", errInterrupted, exitNetwork, "it was asked to stop", "run the same command again: what is done is not done or paid twice"},
	{"ZG-1002", errNoNetwork, exitUsage, "there is no ready file where it was looked for", "start a network with `zgd devnet`, or say where one is with --network FILE, or --grpc, --comet-rpc and --storage"},
	{"ZG-1003", client.ErrNoKey, exitUsage, "this command signs, and the key could not be read", "name an account with --from NAME, or a key with --key-file FILE: one line of 64 hex digits, mode 0600"},
	{"ZG-1005", client.ErrDeclined, exitPayment, "the price was not agreed to", "look at it with --dry-run, accept it with -y, or raise --max-price"},
	{"ZG-1004", client.ErrExists, exitUsage, "a file of that name is there and is left alone", "choose another name, or replace it with --force"},
	{"ZG-1001", client.ErrUsage, exitUsage, "the request cannot be carried out as given", "see `zg COMMAND --help`"},
	{"ZG-2003", client.ErrPayment, exitPayment, "the account cannot pay endowment and fee, or the price rose above the offer", "see price and balance with `zg put --dry-run` or `zg info`; fund the account or choose another with --from"},
	{"ZG-2004", client.ErrPaused, exitRejected, "the chain takes no submissions for now", "try again later; `zg info` tells when it does"},
	{"ZG-2002", client.ErrChainRejected, exitRejected, "the chain refused the transaction; nothing was stored by it", "the reason is the chain's own, above; `zg info` shows limits and prices"},
	{"ZG-3001", client.ErrNotFound, exitNotFound, "the root or name is wrong, or belongs to another network", "compare it with `zg ls`; see with `zg info` which network this is"},
	{"ZG-3003", client.ErrManifest, exitVerify, "the entry is marked as a list of files and does not read as one", "fetch its bytes as they are with `zg get --raw`; a newer zg may read it"},
	{"ZG-4003", client.ErrChanged, exitVerify, "the file was written to while zg read it", "run put again: changed content is another file and is paid for as one"},
	{"ZG-3002", client.ErrVerify, exitVerify, "a node gave data that does not match the root, and no other node had it", "nothing wrong was kept; add another node with --storage URL and run it again"},
	{"ZG-4001", client.ErrNoNode, exitNetwork, "no storage node of the network answered", "see `zg info`; name one with --storage URL; then run the same command again"},
	{"ZG-4002", client.ErrPartial, exitNetwork, "not every segment arrived", "run the same command again: it goes on from here and pays nothing twice"},
	{"ZG-2001", client.ErrChainUnavailable, exitNetwork, "the chain's node did not answer", "see that it runs (`zgd status`), or name another with --grpc and --comet-rpc; then run the same command again"},
	{"ZG-4004", nodeapi.ErrUnavailable, exitNetwork, "a storage node did not answer", "see `zg info`; then run the same command again"},
	{"ZG-5001", da.ErrInsufficientSignatures, exitNetwork, "too few members of the blob's quorum took their rows and signed; they are named above", "run the same command again: it goes on with the same order until its deadline (`zg da status`), and orders again after it"},
	{"ZG-5002", da.ErrTooFewRows, exitNetwork, "too few members answered with rows of the blob; they are named above", "run the same command again later; `zg da sample` tells whether enough is there"},
	{"ZG-5003", da.ErrNotShown, exitVerify, "too many samples failed", "try again later, with more --max-samples or less --confidence; `zg da get` tries every member"},
	{"ZG-5004", da.ErrMalformedBlob, exitVerify, "the blob was coded correctly, but is not what an encoder makes of a payload: every reader finds the same", "whoever put it has to put it again"},
	{"ZG-5006", da.ErrUntrusted, exitVerify, "what the chain's node answered does not follow from the trusted header", "ask another node with --comet-rpc and --grpc, or name a newer trusted header with --trust-height and --trust-hash"},
	{"ZG-5007", da.ErrAudit, exitVerify, "a confirmed blob that the beacon drew could not be had, or is not what its root says", "run it again with --height of the beacon above; its signers can be challenged on chain"},
	{"ZG-5005", da.ErrDisperser, exitNetwork, "the disperser did not bring the blob to its confirmation", "run the same command again, or with --direct to need no disperser"},
	{"ZG-1007", context.DeadlineExceeded, exitNetwork, "an answer took too long", "run the same command again"},
	{"ZG-9001", os.ErrPermission, exitFailure, "this machine does not allow it", "check the permissions of the path above"},
}

// sameErrors are errors of the data-availability lane that mean what one of the
// storage lane means.
var sameErrors = []struct{ of, is error }{
	{da.ErrUsage, client.ErrUsage}, {da.ErrNoKey, client.ErrNoKey}, {da.ErrDeclined, client.ErrDeclined},
	{da.ErrPayment, client.ErrPayment}, {da.ErrExists, client.ErrExists}, {da.ErrNotFound, client.ErrNotFound},
	{da.ErrManifest, client.ErrManifest}, {da.ErrVerify, client.ErrVerify},
}

// other is what has no code of its own: mostly a disk that is full or broken.
var other = code{"ZG-9000", nil, exitFailure, "something on this machine failed", "the message above is all there is; run it again when its cause is gone"}

// codeOf finds an error's code.
func codeOf(err error) code {
	if errors.Is(err, context.Canceled) {
		err = errInterrupted
	}
	for _, same := range sameErrors {
		if errors.Is(err, same.of) {
			err = fmt.Errorf("%w: %w", same.is, err)
		}
	}
	for _, c := range codes {
		if errors.Is(err, c.is) {
			return c
		}
	}
	var mine *runError
	if !errors.As(err, &mine) { // cobra's: a flag or command it does not know
		return codeOf(client.ErrUsage)
	}
	return other
}

// printError writes an error to stderr and returns the exit code.
func (a *app) printError(cmd *cobra.Command, err error) int {
	c := codeOf(err)
	remedy := c.remedy
	if c.id == "ZG-1001" {
		remedy = strings.Replace(remedy, "zg COMMAND", cmd.CommandPath(), 1)
	}
	message := err.Error()
	if c.id == "ZG-1006" {
		message = errInterrupted.Error()
	}
	resume := ""
	if c.exit == exitNetwork && (cmd.Name() == "put" || cmd.Name() == "get") {
		resume = quoteCommand(a.command)
	}
	if a.output == "json" {
		text, _ := json.Marshal(map[string]any{"error": map[string]any{
			"code": c.id, "exit": c.exit, "message": message, "why": c.why, "remedy": remedy, "resume": resume,
		}})
		fmt.Fprintf(cmd.ErrOrStderr(), "%s\n", text)
		return c.exit
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "%s %s\n  why   %s\n  do    %s\n  more  cmd/zg/README.md#%s\n", c.id, message, c.why, remedy, strings.ToLower(c.id))
	if resume != "" {
		fmt.Fprintf(cmd.ErrOrStderr(), "resume with:\n  %s\n", resume)
	}
	return c.exit
}

// quoteCommand writes a command line that a POSIX shell reads back as it is.
func quoteCommand(words []string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = word
		if word == "" || strings.ContainsAny(word, " \t\n\"'`$&|;<>()*?[]{}~#!\\") {
			quoted[i] = "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
		}
	}
	return strings.Join(quoted, " ")
}
