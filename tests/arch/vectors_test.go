package arch_test

import (
	"crypto/sha256"
	"encoding/hex"
	"path/filepath"
	"testing"
)

// vectorDigests are the golden vectors that came from independent
// implementations, by SHA-256. They pass unedited: a room that needs one copies
// it into its testdata/.
var vectorDigests = map[string]string{
	"file_roots.json":                       "47f3457da19ea4e18473287875d26dcadcc433ffe84e8cdb76cf4d81ae1a5377",
	"flow_tree.json":                        "b57515ee88ad13afcd504e9a9941374b69b7423201463bb95bc9598295d5b71a",
	"kv_streams.json":                       "b8442494a11be0456bf28f8e978d1c33dd9c73c013cb8028af020e2ee4da9641",
	"pora.json":                             "849bfab9989b95a89d42d8a8890d6fb25cb83ee8fd0cb2a63888e4dea8926e62",
	"pora_whitepaper.json":                  "75b93d3c429c0a653622f20817e1987a012402c40c30cf8dce4afadc6547e6fb",
	"rpc_trace_go_0gfoundation_2026-05.txt": "7f00cd871e926cc1ffc00b0dcb5590d8a671ff60236f31f81530cb68a9c84b66",
	"rpc_trace_go_0glabs_2025-06.txt":       "e1222448bebba78e66d57b957bedb8da2b97a634efd3225617dc9080468db166",
	"rpc_trace_go_new_fragments.txt":        "135557447680e75691a757d304737a3050fd170bcb4c7e49d03bf995beab5c62",
	"rpc_trace_go_old_fragments.txt":        "960144e22075185a9b219002413bf53108ae5d8397f52566d2086429039d276d",
	"rpc_trace_ts_0.3.3.txt":                "bb14b4ddb27c66059a65c3728ae61284dfb9342b585114ab87beca55d2a16cd6",
	"rpc_trace_ts_1.2.8.txt":                "64d27e2a1f8c73ba0b1f193526f668877aa8bf055ce650f42bf0f5f1a292e70b",
}

func TestVectorsUnedited(t *testing.T) {
	found := 0
	for _, f := range repoFiles(t, func(path string) bool { return filepath.Base(filepath.Dir(path)) == "testdata" }) {
		want, golden := vectorDigests[filepath.Base(f.path)]
		if !golden {
			continue
		}
		found++
		sum := sha256.Sum256([]byte(f.text))
		if got := hex.EncodeToString(sum[:]); got != want {
			t.Errorf("%s: SHA-256 %s, want %s: golden vectors are copied, never edited", f.path, got, want)
		}
	}
	if found == 0 {
		t.Error("no golden vector is used by any room")
	}
}
