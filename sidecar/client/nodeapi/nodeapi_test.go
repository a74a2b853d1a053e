package nodeapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/zgd-network/zgd/sidecar/client/nodeapi"
)

// fileInfo is the answer recorded in shared/vectors/rpc_trace_go_0gfoundation_2026-05.txt.
const fileInfo = `{"tx":{"streamIds":[],"data":[],"dataMerkleRoot":"0x33489cbf8b54f9f0557618b50ebef9f0a2fcbe9617f29f64924a08b173b7ea59","merkleNodes":[[11,"0xd04b01f8bd5b6e421faa51da5b1577b41b03032d5c4b09a21b328fe948cd17b6"],[9,"0x526879aa997fb21d2c79984941d4aec645e6bd4d29c5b07d56d5168a8be5b7f8"]],"startEntryIndex":2048,"size":300000,"seq":7},"finalized":true,"isCached":false,"uploadedSegNum":2,"pruned":false}`

// serve answers every request with f.
func serve(t *testing.T, f http.HandlerFunc) *nodeapi.Client {
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	client, err := nodeapi.New(server.URL, nodeapi.Options{Timeout: 300 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// result answers JSON-RPC with a fixed result.
func result(t *testing.T, text string) *nodeapi.Client {
	return serve(t, func(w http.ResponseWriter, r *http.Request) {
		var request struct {
			ID json.RawMessage `json:"id"`
		}
		_ = json.NewDecoder(r.Body).Decode(&request)
		_, _ = w.Write([]byte(`{"jsonrpc":"2.0","id":` + string(request.ID) + `,"result":` + text + `}`))
	})
}

func TestRecordedShapesRoundTrip(t *testing.T) {
	for name, value := range map[string]struct {
		into any
		text string
	}{
		"file info": {new(nodeapi.FileInfo), fileInfo},
		"status":    {new(nodeapi.Status), `{"connectedPeers":1,"logSyncHeight":100,"logSyncBlock":"0x1111111111111111111111111111111111111111111111111111111111111111","nextTxSeq":7,"networkIdentity":{"chainId":16601,"flowAddress":"0x0000000000000000000000000000000000001001","p2pProtocolVersion":{"major":0,"minor":4,"build":0}}}`},
		"segment":   {new(nodeapi.SegmentWithProof), `{"root":"0x33489cbf8b54f9f0557618b50ebef9f0a2fcbe9617f29f64924a08b173b7ea59","data":"AwoRGA==","index":1,"proof":{"lemma":["0x526879aa997fb21d2c79984941d4aec645e6bd4d29c5b07d56d5168a8be5b7f8"],"path":[false]},"fileSize":300000}`},
		"one leaf":  {new(nodeapi.Proof), `{"lemma":["0x526879aa997fb21d2c79984941d4aec645e6bd4d29c5b07d56d5168a8be5b7f8"],"path":[]}`},
		"shard":     {new(nodeapi.ShardConfig), `{"shardId":0,"numShard":1}`},
	} {
		if err := json.Unmarshal([]byte(value.text), value.into); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if again, _ := json.Marshal(value.into); string(again) != value.text {
			t.Errorf("%s: wrote %s\nwant %s", name, again, value.text)
		}
	}
}

func TestEmptyListsAreNeverNull(t *testing.T) {
	text, _ := json.Marshal(struct {
		A nodeapi.FileInfo
		B nodeapi.SegmentWithProof
	}{})
	for _, want := range []string{`"streamIds":[]`, `"data":[]`, `"merkleNodes":[]`, `"lemma":[]`, `"path":[]`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %s in %s", want, text)
		}
	}
}

func TestMalformedValuesAreRefused(t *testing.T) {
	for name, text := range map[string]string{
		"hash one digit short": `{"tx":{"dataMerkleRoot":"0x3348"}}`,
		"hash not hex":         `{"tx":{"dataMerkleRoot":"0x` + strings.Repeat("z", 64) + `"}}`,
		"depth 0":              strings.Replace(fileInfo, "[[11,", "[[0,", 1),
		"depth 65":             strings.Replace(fileInfo, "[[11,", "[[65,", 1),
		"node of three parts":  strings.Replace(fileInfo, "[[11,", "[[11,1,", 1),
		"data byte 256":        strings.Replace(fileInfo, `"data":[]`, `"data":[256]`, 1),
		"negative size":        strings.Replace(fileInfo, "300000", "-1", 1),
		"fractional seq":       strings.Replace(fileInfo, `"seq":7`, `"seq":7.5`, 1),
	} {
		if _, err := result(t, text).GetFileInfoByTxSeq(context.Background(), 7); !errors.Is(err, nodeapi.ErrMalformed) {
			t.Errorf("%s: %v, want ErrMalformed", name, err)
		}
	}
}

func TestNullIsNoFile(t *testing.T) {
	info, err := result(t, "null").GetFileInfo(context.Background(), nodeapi.Hash{}, true)
	if info != nil || err != nil {
		t.Fatalf("got %v, %v; want nil, nil", info, err)
	}
}

func TestErrorsOfTheNodeAreKept(t *testing.T) {
	client := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"Invalid params: root","data":"already uploaded and finalized"}}`))
	})
	err := client.UploadSegments(context.Background(), make([]nodeapi.SegmentWithProof, 1))
	var rpc *nodeapi.RPCError
	if !errors.As(err, &rpc) || rpc.Code != nodeapi.CodeInvalidParams || !nodeapi.IsAlreadyStored(err) {
		t.Fatalf("got %v", err)
	}
	if err := client.UploadSegments(context.Background(), make([]nodeapi.SegmentWithProof, nodeapi.MaxSegmentsPerRequest+1)); err == nil {
		t.Fatal("one segment too many was sent")
	}
}

func TestAnswersThatAreNoneAreUnavailableOrMalformed(t *testing.T) {
	for name, one := range map[string]struct {
		answer http.HandlerFunc
		want   error
	}{
		"a proxy's error page": {func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "<html>", http.StatusBadGateway) }, nodeapi.ErrUnavailable},
		"not JSON":             {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("hello")) }, nodeapi.ErrMalformed},
		"another id":           {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"id":77,"result":{}}`)) }, nodeapi.ErrMalformed},
		"neither":              {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"id":1}`)) }, nodeapi.ErrMalformed},
		"too long":             {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(bytes.Repeat([]byte(" "), 2<<20)) }, nodeapi.ErrTooLarge},
		"silence":              {func(_ http.ResponseWriter, r *http.Request) { time.Sleep(600 * time.Millisecond) }, context.DeadlineExceeded},
		"a redirect": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusTemporaryRedirect)
		}, nodeapi.ErrUnavailable},
	} {
		if _, err := serve(t, one.answer).GetStatus(context.Background()); !errors.Is(err, one.want) {
			t.Errorf("%s: %v, want %v", name, err, one.want)
		}
	}
}

func TestDoorErrors(t *testing.T) {
	for _, one := range []struct {
		status int
		body   string
		want   error
	}{
		{404, `{"code":-1,"message":"not stored here"}`, nodeapi.ErrNotFound},
		{404, "404 page not found", nodeapi.ErrNoDoor},
		{405, "", nodeapi.ErrNoDoor},
		{409, `{"code":-1,"message":"unknown root"}`, nodeapi.ErrConflict},
		{503, "", nodeapi.ErrUnavailable},
		{429, "", nodeapi.ErrUnavailable},
		{302, "", nodeapi.ErrMalformed},
	} {
		client := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(one.status)
			_, _ = w.Write([]byte(one.body))
		})
		if _, _, err := client.FetchSegment(context.Background(), 1, 0, nil); !errors.Is(err, one.want) {
			t.Errorf("HTTP %d %q: %v, want %v", one.status, one.body, err, one.want)
		}
	}
}

func TestURLs(t *testing.T) {
	for _, url := range []string{"", "127.0.0.1:5678", "ftp://x", "http://", "://"} {
		if _, err := nodeapi.New(url, nodeapi.Options{}); err == nil {
			t.Errorf("%q was accepted", url)
		}
	}
}

func FuzzDecodeProofHeader(f *testing.F) {
	header, _ := nodeapi.EncodeProofHeader(nodeapi.Proof{Lemma: []nodeapi.Hash{{1}}, Path: []bool{true}})
	f.Add(header)
	f.Fuzz(func(t *testing.T, value string) {
		var proof nodeapi.Proof
		if nodeapi.DecodeProofHeader(value, &proof) != nil {
			return
		}
		again, err := nodeapi.EncodeProofHeader(proof)
		var back nodeapi.Proof
		if err != nil || nodeapi.DecodeProofHeader(again, &back) != nil || len(back.Lemma) != len(proof.Lemma) || len(back.Path) != len(proof.Path) {
			t.Fatalf("%q does not survive", value)
		}
	})
}
