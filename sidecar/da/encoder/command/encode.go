package command

import (
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/zgd-network/zgd/sidecar/da/encode"
	"github.com/zgd-network/zgd/sidecar/internal/daemon"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

// commitment is what `encode` prints.
type commitment struct {
	DataRoot   string  `json:"data_root"`
	RowRoot    string  `json:"row_root"`
	RLCRoot    string  `json:"rlc_root"`
	Profile    uint8   `json:"profile"`
	DataRows   int     `json:"data_rows"`
	Rows       int     `json:"rows"`
	RowBytes   int     `json:"row_bytes"`
	DataBytes  uint64  `json:"data_bytes"`
	EVMChainID uint64  `json:"evm_chain_id"`
	Codec      string  `json:"codec"`
	Seconds    float64 `json:"seconds"`
}

func encodeCmd() *cobra.Command {
	command := &cobra.Command{
		Use: "encode FILE", Short: "Print what a file commits to, without a chain", Args: cobra.ExactArgs(1),
		Example: "  zg-da-encoder encode blob --evm-chain-id 16601 --profile 1",
		RunE: func(cmd *cobra.Command, args []string) error {
			result, err := encodeFile(cmd, args[0])
			if err != nil {
				return err
			}
			return daemon.PrintFor(cmd, result, result.print)
		},
	}
	command.Flags().Uint64("evm-chain-id", 16601, "network that the root names")
	command.Flags().Uint8("profile", erasure.Production.ID, "1: 1024 of 4096 rows, 2: 1024 of 3072, 3: 32 of 128, 4: 4 of 16")
	command.Flags().String("codec", "auto", "auto, cpu or cuda")
	command.Flags().Int("workers", 0, "cores; 0: all")
	return command
}

func encodeFile(cmd *cobra.Command, path string) (out commitment, err error) {
	flags := cmd.Flags()
	chainID, _ := flags.GetUint64("evm-chain-id") // defined above
	id, _ := flags.GetUint8("profile")
	name, _ := flags.GetString("codec")
	workers, _ := flags.GetInt("workers")
	profile, err := erasure.ProfileByID(id)
	if err != nil {
		return out, daemon.Exit(daemon.ExitUsage, err)
	}
	codec, used, err := encode.Codec(name)
	if err != nil {
		return out, daemon.Exit(daemon.ExitUsage, err)
	}
	info, err := os.Stat(path)
	if err != nil {
		return out, daemon.Exit(daemon.ExitUsage, err)
	}
	if _, err := profile.RowSize(uint64(info.Size())); err != nil { // before it is read into memory
		return out, daemon.Exit(daemon.ExitUsage, err)
	}
	payload, err := os.ReadFile(path)
	if err != nil {
		return out, err
	}
	began := time.Now()
	blob, err := encode.Encode(cmd.Context(), codec, profile, chainID, payload, workers)
	if err != nil {
		return out, err
	}
	root := blob.DataRoot()
	return commitment{
		DataRoot: "0x" + hex.EncodeToString(root[:]), RowRoot: "0x" + hex.EncodeToString(blob.RowRoot[:]), RLCRoot: "0x" + hex.EncodeToString(blob.RLCRoot[:]),
		Profile: profile.ID, DataRows: profile.K, Rows: profile.N, RowBytes: blob.RowSize, DataBytes: blob.DataLen,
		EVMChainID: chainID, Codec: used, Seconds: time.Since(began).Seconds(),
	}, nil
}

func (c commitment) print(w io.Writer) {
	fmt.Fprintf(w, "data root  %s\nrow root   %s\nrlc root   %s\n", c.DataRoot, c.RowRoot, c.RLCRoot)
	fmt.Fprintf(w, "shape      profile %d: %d of %d rows of %d bytes, %d bytes of payload, chain %d\n", c.Profile, c.DataRows, c.Rows, c.RowBytes, c.DataBytes, c.EVMChainID)
	fmt.Fprintf(w, "time       %.3f s (%s)\n", c.Seconds, c.Codec)
}

func selftestCmd() *cobra.Command {
	command := &cobra.Command{
		Use: "selftest", Short: "Hold a codec to the vectors of the format", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			name, _ := cmd.Flags().GetString("codec") // defined below
			_, used, err := encode.Codec(name)
			if err != nil {
				return daemon.Exit(daemon.ExitFailure, err)
			}
			return daemon.PrintFor(cmd, map[string]string{"codec": used, "result": "ok"}, func(w io.Writer) { fmt.Fprintln(w, used+": ok") })
		},
	}
	command.Flags().String("codec", "auto", "auto, cpu or cuda")
	return command
}
