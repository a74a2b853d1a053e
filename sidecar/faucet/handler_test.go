package faucet_test

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/zgd-network/zgd/sidecar/faucet"
	"github.com/zgd-network/zgd/sidecar/internal/daemon"
)

const abiText = `[{"type":"function","name":"submit"}]`

func handler(t testing.TB) http.Handler {
	t.Helper()
	c := config()
	c.Storage = []string{"http://127.0.0.1:5678"}
	clock := clock{}
	gifts, err := faucet.New(c, &purse{}, clock.read)
	if err != nil {
		t.Fatal(err)
	}
	server := faucet.Server{Config: c, Faucet: gifts, Log: slog.New(slog.DiscardHandler), Contracts: []faucet.Contract{
		{Name: "flow", Address: "0x0000000000000000000000000000000000001020", About: "the <log>", ABI: []byte(abiText)},
		{Name: "bare", Address: "0x0000000000000000000000000000000000001021"},
	}}
	h, err := server.Handler(daemon.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// ask sends a request with headers given in pairs; Host is one of them.
func ask(t testing.TB, h http.Handler, method, path, body string, headers ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, "http://127.0.0.1:8088"+path, strings.NewReader(body))
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			r.Host = headers[i+1]
		}
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func text(t testing.TB, r *http.Response) string {
	t.Helper()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestAGiftAndItsLimitOverHTTP(t *testing.T) {
	h := handler(t)
	question := `{"address":"` + address(1) + `"}`
	for range 2 {
		r := ask(t, h, "POST", "/faucet", question)
		var gift struct {
			TxHash    string `json:"tx_hash"`
			Address   string `json:"address"`
			AmountAzg string `json:"amount_azg"`
			Height    int    `json:"height"`
		}
		body := text(t, r)
		if err := json.Unmarshal([]byte(body), &gift); err != nil || r.StatusCode != 200 || len(gift.TxHash) != 66 || gift.Height != 7 ||
			gift.AmountAzg != "10000000000000000000" || !strings.HasPrefix(gift.Address, "zg1") {
			t.Fatalf("status %d: %s", r.StatusCode, body)
		}
	}
	r := ask(t, h, "POST", "/faucet", question)
	var refusal struct {
		Error struct {
			Code       string `json:"code"`
			Message    string `json:"message"`
			RetryAfter int    `json:"retry_after_s"`
		}
	}
	body := text(t, r)
	wait, _ := strconv.Atoi(r.Header.Get("Retry-After"))
	if err := json.Unmarshal([]byte(body), &refusal); err != nil || r.StatusCode != 429 || refusal.Error.Code != "rate_limited" ||
		wait != 30 || refusal.Error.RetryAfter != wait || !strings.Contains(refusal.Error.Message, "30 s") {
		t.Errorf("status %d, Retry-After %d: %s", r.StatusCode, wait, body)
	}
}

func TestBadQuestions(t *testing.T) {
	h := handler(t)
	for name, body := range map[string]string{
		"nothing": "", "no JSON": "address", "a list": "[]", "a number": `{"address":5}`, "another field": `{"address":"0x1","amount":"1000"}`,
		"two questions": `{"address":"` + address(1) + `"}{}`, "too long": `{"address":"` + strings.Repeat("0", 5000) + `"}`,
	} {
		if r := ask(t, h, "POST", "/faucet", body); r.StatusCode != 400 || !strings.Contains(text(t, r), `"code":"bad_request"`) {
			t.Errorf("%s: status %d, want 400 bad_request", name, r.StatusCode)
		}
	}
	for _, bad := range []string{"", "0x12", "zg1qqqq"} {
		if r := ask(t, h, "POST", "/faucet", `{"address":"`+bad+`"}`); r.StatusCode != 400 || !strings.Contains(text(t, r), `"code":"bad_address"`) {
			t.Errorf("%q: status %d, want 400 bad_address", bad, r.StatusCode)
		}
	}
	for path, want := range map[string]int{"/nothing": 404, "/abi/none.json": 404, "/abi/bare.json": 404, "/abi/..%2fflow.json": 404, "/page/index.html": 404} {
		if r := ask(t, h, "GET", path, ""); r.StatusCode != want {
			t.Errorf("%s: status %d, want %d", path, r.StatusCode, want)
		}
	}
	if r := ask(t, h, "PUT", "/faucet", ""); r.StatusCode != 405 {
		t.Errorf("PUT: status %d, want 405", r.StatusCode)
	}
}

func TestOnlyLocalPagesMayAsk(t *testing.T) {
	cases := []struct {
		name    string
		headers []string
		ok      bool
	}{
		{"a program", nil, true},
		{"a page of localhost", []string{"Origin", "http://localhost:5173"}, true},
		{"a page of 127.0.0.1", []string{"Origin", "http://127.0.0.1:3000"}, true},
		{"a page of [::1]", []string{"Origin", "http://[::1]:3000"}, true},
		{"a page of localhost over TLS", []string{"Origin", "https://localhost"}, true},
		{"our own page by another name", []string{"Host", "localhost:8088", "Origin", "http://localhost:8088", "Sec-Fetch-Site", "same-origin"}, true},
		{"a page of the internet", []string{"Origin", "https://example.com"}, false},
		{"a page that begins like localhost", []string{"Origin", "http://localhost.example.com"}, false},
		{"a page that begins like 127.0.0.1", []string{"Origin", "http://127.0.0.1.example.com"}, false},
		{"a page with a user", []string{"Origin", "http://localhost@example.com"}, false},
		{"a file or a sandboxed frame", []string{"Origin", "null"}, false},
		{"an extension", []string{"Origin", "chrome-extension://abcdef"}, false},
		{"a page of the local network", []string{"Origin", "http://192.168.1.5"}, false},
		{"an old browser's form", []string{"Sec-Fetch-Site", "cross-site"}, false},
		{"a foreign name that leads here", []string{"Host", "example.com:8088"}, false},
		{"a foreign name with its own page", []string{"Host", "example.com:8088", "Origin", "http://example.com:8088"}, false},
		{"no host", []string{"Host", ""}, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			h := handler(t)
			r := ask(t, h, "POST", "/faucet", `{"address":"`+address(1)+`"}`, c.headers...)
			body := text(t, r)
			if (r.StatusCode == 200) != c.ok || !c.ok && r.StatusCode != 403 && r.StatusCode != 421 {
				t.Fatalf("status %d: %s; want ok %v", r.StatusCode, body, c.ok)
			}
			allowed := r.Header.Get("Access-Control-Allow-Origin")
			if !c.ok && allowed != "" {
				t.Errorf("a refused page may read the answer: Access-Control-Allow-Origin %q", allowed)
			}
			if c.ok && len(c.headers) > 0 && allowed == "" {
				t.Error("an allowed page may not read the answer")
			}
		})
	}
}

func TestPreflight(t *testing.T) {
	h := handler(t)
	question := []string{"Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "content-type", "Access-Control-Request-Private-Network", "true"}
	r := ask(t, h, "OPTIONS", "/faucet", "", append(question, "Origin", "http://localhost:5173")...)
	for name, want := range map[string]string{
		"Access-Control-Allow-Origin": "http://localhost:5173", "Access-Control-Allow-Methods": "GET, POST", "Access-Control-Allow-Headers": "Content-Type",
		"Access-Control-Allow-Private-Network": "true", "Vary": "Origin",
	} {
		if got := r.Header.Get(name); r.StatusCode != 204 || got != want {
			t.Errorf("status %d, %s %q, want 204 and %q", r.StatusCode, name, got, want)
		}
	}
	r = ask(t, h, "OPTIONS", "/faucet", "", append(question, "Origin", "https://example.com")...)
	if r.StatusCode != 403 || r.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("a foreign page: status %d, headers %v; want 403 and nothing allowed", r.StatusCode, r.Header)
	}
}

func TestABIs(t *testing.T) {
	h := handler(t)
	if got := text(t, ask(t, h, "GET", "/abi/flow.json", "")); got != abiText {
		t.Errorf("got %s, want %s", got, abiText)
	}
	var list []struct{ Name, Address, ABI string }
	if err := json.Unmarshal([]byte(text(t, ask(t, h, "GET", "/abi", ""))), &list); err != nil || len(list) != 2 ||
		list[0].ABI != "/abi/flow.json" || list[0].Address != "0x0000000000000000000000000000000000001020" || list[1].ABI != "" {
		t.Errorf("got %+v, %v", list, err)
	}
}

// The page works without the internet and may not load anything of it.
func TestThePageNeedsNothingFromElsewhere(t *testing.T) {
	h := handler(t)
	r := ask(t, h, "GET", "/", "")
	page := text(t, r)
	for _, want := range []string{
		"zg-devnet-1", "7260001", "0x6ec761", "http://127.0.0.1:8545", "ws://127.0.0.1:8546", "http://127.0.0.1:5678",
		"0x0000000000000000000000000000000000001020", "/abi/flow.json", "Send 10 zg", "the &lt;log&gt;",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	policy := r.Header.Get("Content-Security-Policy")
	if !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "connect-src 'self' http://127.0.0.1:8545") || strings.Contains(policy, "unsafe") {
		t.Errorf("policy %q", policy)
	}
	for _, path := range []string{"/page.js", "/page.css", "/icon.svg"} {
		if r := ask(t, h, "GET", path, ""); r.StatusCode != 200 || strings.Contains(text(t, r), "https://") {
			t.Errorf("%s: status %d, or it names another host", path, r.StatusCode)
		}
	}
	if strings.Contains(page, "https://") || strings.Contains(page, "<script>") || strings.Contains(page, "style=") {
		t.Error("the page loads from elsewhere, or has scripts or styles inside, which the policy forbids")
	}
}

func FuzzQuestion(f *testing.F) {
	for _, body := range []string{"", "{}", `{"address":"` + address(1) + `"}`, `{"address":null}`, `{"address":"\u0000"}`} {
		f.Add(body, "http://localhost", "127.0.0.1:8088")
	}
	h := handler(f)
	f.Fuzz(func(t *testing.T, body, origin, host string) {
		r := ask(t, h, "POST", "/faucet", body, "Origin", origin, "Host", host)
		if got := text(t, r); r.StatusCode >= 500 || !json.Valid([]byte(got)) {
			t.Fatalf("status %d: %s", r.StatusCode, got)
		}
	})
}
