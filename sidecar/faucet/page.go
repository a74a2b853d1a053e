package faucet

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"time"
)

// The page needs nothing from elsewhere: it works without the internet.
//
//go:embed page
var pageFiles embed.FS

// row is a fact that one may want to copy.
type row struct{ Label, Value string }

// pageData fills page/index.html.
type pageData struct {
	Config     Config
	EVMHex     string
	Endpoints  []row
	Contracts  []pageContract
	Amount     string
	PerAddress string
	BaseURL    string
	Script     scriptData
}

type pageContract struct {
	Name, Address, About string
	HasABI               bool
}

// scriptData is what page.js reads.
type scriptData struct {
	ChainName  string `json:"chainName"`
	ChainIDHex string `json:"chainId"`
	RPC        string `json:"rpc"`
}

// addPage renders the page once: nothing on it changes but what its script asks
// the chain.
func (s *Server) addPage(mux *http.ServeMux) error {
	page, err := s.renderPage()
	if err != nil {
		return fmt.Errorf("page: %w", err)
	}
	policy, err := s.pagePolicy()
	if err != nil {
		return err
	}
	serve := func(contentType string, body []byte) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			h := w.Header()
			h.Set("Content-Type", contentType+"; charset=utf-8")
			h.Set("Content-Security-Policy", policy)
			h.Set("X-Content-Type-Options", "nosniff")
			h.Set("Referrer-Policy", "no-referrer")
			h.Set("Cache-Control", "no-cache") // another network may answer here tomorrow
			_, _ = w.Write(body)
		}
	}
	mux.HandleFunc("GET /{$}", serve("text/html", page))
	for name, contentType := range map[string]string{"page.css": "text/css", "page.js": "text/javascript", "icon.svg": "image/svg+xml"} {
		body, err := pageFiles.ReadFile("page/" + name)
		if err != nil {
			return err
		}
		mux.HandleFunc("GET /"+name, serve(contentType, body))
	}
	return nil
}

// pagePolicy lets the page run its own files and talk to us and to the EVM RPC.
func (s *Server) pagePolicy() (string, error) {
	u, err := url.Parse(s.Config.EVMRPC)
	if err != nil {
		return "", fmt.Errorf("evm_rpc: %w", err)
	}
	return "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; form-action 'none'; base-uri 'none'; " +
		"frame-ancestors 'none'; connect-src 'self' " + u.Scheme + "://" + u.Host, nil
}

func (s *Server) renderPage() ([]byte, error) {
	text, err := pageFiles.ReadFile("page/index.html")
	if err != nil {
		return nil, err
	}
	t, err := template.New("index.html").Parse(string(text))
	if err != nil {
		return nil, err
	}
	c := s.Config
	data := pageData{
		Config: c, EVMHex: fmt.Sprintf("0x%x", c.EVMChainID), Endpoints: endpoints(c),
		Amount: formatZG(s.Faucet.amount), BaseURL: "http://" + c.Listen,
		PerAddress: fmt.Sprintf("%d at once for an address, one more every %s", c.PerAddress.Burst, time.Duration(c.PerAddress.Every)),
		Script:     scriptData{ChainName: c.ChainID, ChainIDHex: fmt.Sprintf("0x%x", c.EVMChainID), RPC: c.EVMRPC},
	}
	for _, one := range s.Contracts {
		data.Contracts = append(data.Contracts, pageContract{Name: one.Name, Address: one.Address, About: one.About, HasABI: len(one.ABI) > 0})
	}
	var out bytes.Buffer
	err = t.Execute(&out, data)
	return out.Bytes(), err
}

// endpoints lists where the network answers, as far as we were told.
func endpoints(c Config) []row {
	all := []row{
		{"JSON-RPC", c.EVMRPC}, {"WebSocket", c.EVMWS}, {"CometBFT", c.CometRPC}, {"gRPC", c.GRPC}, {"REST", c.REST},
	}
	for _, url := range c.Storage {
		all = append(all, row{"Storage", url})
	}
	var known []row
	for _, one := range all {
		if one.Value != "" {
			known = append(known, one)
		}
	}
	return known
}
