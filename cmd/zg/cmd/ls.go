package cmd

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/zgd-network/zgd/sidecar/client"
	"github.com/zgd-network/zgd/sidecar/client/nodeapi"
)

func (a *app) lsCmd() *cobra.Command {
	var account string
	var limit int
	cmd := &cobra.Command{
		Use:   "ls [ROOT]",
		Short: "List an account's entries, or the files of a root",
		Args:  usageArgs(0, 1, "no argument or one root"),
		RunE: run(func(cmd *cobra.Command, args []string) error {
			use := keyNone
			if len(args) == 0 && account == "" && a.keyFile != "" {
				use = keyNeeded // only to learn its address
			}
			s, err := a.connect(cmd, use, nil)
			if err != nil {
				return err
			}
			defer s.Close()
			if len(args) == 1 {
				return a.listContents(cmd, s, args[0])
			}
			if account == "" {
				account = s.account(a.from)
			}
			if account == "" {
				return fmt.Errorf("%w: whose entries? --account ADDRESS or --from NAME", client.ErrUsage)
			}
			rows, err := s.List(cmd.Context(), account, limit)
			if err != nil {
				return err
			}
			return a.print(cmd, rows, listText(rows))
		}),
	}
	cmd.Flags().StringVar(&account, "account", "", "address whose entries to list (default that of --from)")
	cmd.Flags().IntVar(&limit, "limit", 50, "at most so many, the newest; 0 is all")
	return cmd
}

// account returns the address that a name of the network, or the loaded key, has.
func (s *session) account(from string) string {
	if address := s.Address(); address != "" {
		return address
	}
	for i, account := range s.ready.Accounts {
		if (from == "" && i == 0) || (from != "" && (from == account.Name || from == account.Address || from == account.EVMAddress)) {
			return account.Address
		}
	}
	return ""
}

func listText(rows []client.ListedEntry) string {
	var out strings.Builder
	w := tabwriter.NewWriter(&out, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		fmt.Fprintf(w, "%s\t%d\t%s\t%s\tuntil %s\n", row.Root, row.TxSeq, row.Kind, formatBytes(row.SizeBytes), formatTime(row.EndTime))
	}
	_ = w.Flush() // into memory
	return out.String()
}

// listedFile is a row of ls ROOT.
type listedFile struct {
	Path       string      `json:"path"`
	Type       string      `json:"type"`
	SizeBytes  uint64      `json:"size_bytes"`
	Executable bool        `json:"executable"`
	Parts      []partShown `json:"parts"`
}

type partShown struct {
	Root      nodeapi.Hash `json:"root"`
	SizeBytes uint64       `json:"size_bytes"`
}

func (a *app) listContents(cmd *cobra.Command, s *session, text string) error {
	root, err := parseRoot(text)
	if err != nil {
		return err
	}
	located, err := s.Contents(cmd.Context(), root)
	if err != nil {
		return err
	}
	rows := []listedFile{}
	if located.Manifest == nil {
		rows = append(rows, listedFile{Type: "file", SizeBytes: located.Entry.SizeBytes, Parts: []partShown{{nodeapi.Hash(root), located.Entry.SizeBytes}}})
	} else {
		for _, record := range located.Manifest.Records {
			row := listedFile{Path: record.Path, Type: "file", SizeBytes: record.SizeBytes, Executable: record.Type == client.RecordExecutable, Parts: []partShown{}}
			if record.Type == client.RecordFolder {
				row.Type = "folder"
			}
			for _, part := range record.Parts {
				row.Parts = append(row.Parts, partShown{nodeapi.Hash(part.Root), part.SizeBytes})
			}
			rows = append(rows, row)
		}
	}
	var out strings.Builder
	w := tabwriter.NewWriter(&out, 0, 0, 2, ' ', tabwriter.AlignRight)
	for _, row := range rows {
		fmt.Fprintf(w, "%d\t  %s\n", row.SizeBytes, displayPath(row))
	}
	_ = w.Flush() // into memory
	return a.print(cmd, map[string]any{"root": nodeapi.Hash(root), "kind": located.Kind, "files": rows}, out.String())
}

func displayPath(row listedFile) string {
	switch {
	case row.Path == "":
		return "(one file without a name)"
	case row.Type == "folder":
		return row.Path + "/"
	}
	return row.Path
}
