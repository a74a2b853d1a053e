package faucet

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/sidecar/internal/chain/evm"
	"github.com/zgd-network/zgd/sidecar/internal/daemon"
)

// maxBodyBytes of a question to the faucet.
const maxBodyBytes = 4 << 10

// Contract is an address in the chain that developers call.
type Contract struct {
	Name    string
	Address string // 0x…
	About   string // one line
	ABI     []byte // JSON; empty: not published
}

// Server is the HTTP face.
type Server struct {
	Config    Config
	Contracts []Contract
	Faucet    *Faucet
	Log       *slog.Logger
}

// Handler serves
//
//	GET  /                  the page
//	POST /faucet            {"address": "zg1… or 0x…"} → the gift
//	GET  /faucet            what it gives, what it has
//	GET  /abi               the contracts
//	GET  /abi/{name}.json   one's ABI
//	GET  /healthz /metrics
func (s *Server) Handler(registry *prometheus.Registry) (http.Handler, error) {
	gifts := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "zg_faucet_requests_total", Help: "requests for money by outcome"}, []string{"outcome"})
	registry.MustRegister(gifts)
	mux := daemon.Mux(registry, func(ctx context.Context) error {
		_, err := s.Faucet.wallet.Balance(ctx)
		return err
	})
	mux.HandleFunc("POST /faucet", func(w http.ResponseWriter, r *http.Request) { gifts.WithLabelValues(s.give(w, r)).Inc() })
	mux.HandleFunc("GET /faucet", s.status)
	mux.HandleFunc("GET /abi", s.abiList)
	mux.HandleFunc("GET /abi/{file}", s.abi)
	if err := s.addPage(mux); err != nil {
		return nil, err
	}
	return localOnly(mux), nil
}

// give answers POST /faucet and returns the outcome's code.
func (s *Server) give(w http.ResponseWriter, r *http.Request) string {
	var question struct {
		Address string `json:"address"`
	}
	body := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBodyBytes))
	body.DisallowUnknownFields()
	if err := body.Decode(&question); err != nil || body.Decode(&struct{}{}) != io.EOF {
		return writeError(w, http.StatusBadRequest, "bad_request", `want {"address":"zg1… or 0x…"} and nothing else`, 0)
	}
	gift, err := s.Faucet.Give(r.Context(), question.Address, remoteIP(r))
	if err != nil {
		code := refuse(w, err)
		s.Log.Info("no gift", "to", clip(question.Address), "code", code, "reason", err)
		return code
	}
	s.Log.Info("gift", "to", gift.To.Bech32(), "azg", gift.Amount, "tx", hexOf(gift.TxHash), "height", gift.Height)
	status, outcome := http.StatusOK, "given"
	if gift.Height == 0 {
		status, outcome = http.StatusAccepted, "pending"
	}
	daemon.WriteJSON(w, status, giftJSON{
		TxHash: hexOf(gift.TxHash), Address: gift.To.Bech32(), EVMAddress: gift.To.Hex(),
		AmountAzg: gift.Amount.String(), Amount: formatZG(gift.Amount), Height: gift.Height,
	})
	return outcome
}

// giftJSON is the answer to POST /faucet; without a height the block is not seen
// yet (status 202).
type giftJSON struct {
	TxHash     string `json:"tx_hash"`
	Address    string `json:"address"`
	EVMAddress string `json:"evm_address"`
	AmountAzg  string `json:"amount_azg"`
	Amount     string `json:"amount"`
	Height     uint64 `json:"height,omitempty"`
}

// refuse answers with the reason that nothing was given.
func refuse(w http.ResponseWriter, err error) string {
	var limited *Limited
	switch {
	case errors.As(err, &limited):
		return writeError(w, http.StatusTooManyRequests, "rate_limited", err.Error(), limited.RetryAfter)
	case errors.Is(err, evm.ErrAddress):
		return writeError(w, http.StatusBadRequest, "bad_address", err.Error(), 0)
	case errors.Is(err, ErrEmpty):
		return writeError(w, http.StatusServiceUnavailable, "no_money", err.Error(), 0)
	case errors.Is(err, chain.ErrRejected):
		return writeError(w, http.StatusUnprocessableEntity, "rejected", err.Error(), 0)
	case errors.Is(err, chain.ErrUnavailable):
		return writeError(w, http.StatusBadGateway, "chain_unavailable", err.Error(), time.Second)
	}
	return writeError(w, http.StatusInternalServerError, "failed", err.Error(), 0)
}

// status answers GET /faucet.
func (s *Server) status(w http.ResponseWriter, r *http.Request) {
	balance, err := s.Faucet.wallet.Balance(r.Context())
	if err != nil {
		refuse(w, err)
		return
	}
	c, address := s.Config, s.Faucet.wallet.Address()
	daemon.WriteJSON(w, http.StatusOK, map[string]any{
		"address": address.Bech32(), "evm_address": address.Hex(), "balance_azg": balance.String(), "balance": formatZG(balance),
		"amount_azg": s.Faucet.amount.String(), "amount": formatZG(s.Faucet.amount),
		"limits": map[string]string{"per_address": c.PerAddress.String(), "per_ip": c.PerIP.String(), "total": c.Total.String()},
	})
}

// abiList answers GET /abi.
func (s *Server) abiList(w http.ResponseWriter, _ *http.Request) {
	type item struct {
		Name    string `json:"name"`
		Address string `json:"address"`
		About   string `json:"about,omitempty"`
		ABI     string `json:"abi,omitempty"` // path of its ABI
	}
	list := make([]item, len(s.Contracts))
	for i, c := range s.Contracts {
		list[i] = item{Name: c.Name, Address: c.Address, About: c.About}
		if len(c.ABI) > 0 {
			list[i].ABI = "/abi/" + c.Name + ".json"
		}
	}
	daemon.WriteJSON(w, http.StatusOK, list)
}

// abi answers GET /abi/{name}.json.
func (s *Server) abi(w http.ResponseWriter, r *http.Request) {
	for _, c := range s.Contracts {
		if len(c.ABI) > 0 && r.PathValue("file") == c.Name+".json" {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Disposition", `inline; filename="`+c.Name+`.json"`)
			_, _ = w.Write(c.ABI)
			return
		}
	}
	writeError(w, http.StatusNotFound, "not_found", "no contract of this name has an ABI here; GET /abi lists them", 0)
}

// writeError answers {"error":{"code","message"}}, with the seconds to wait also
// in Retry-After, and returns the code.
func writeError(w http.ResponseWriter, status int, code, message string, wait time.Duration) string {
	detail := map[string]any{"code": code, "message": message}
	if wait > 0 {
		seconds := wholeSeconds(wait)
		w.Header().Set("Retry-After", strconv.FormatInt(seconds, 10))
		detail["retry_after_s"] = seconds
	}
	daemon.WriteJSON(w, status, map[string]any{"error": detail})
	return code
}

// remoteIP is the host that asked. Headers that claim another are not believed:
// nothing stands in front of us.
func remoteIP(r *http.Request) netip.Addr {
	address, _ := netip.ParseAddrPort(r.RemoteAddr)
	return address.Addr()
}

func hexOf(h chain.Hash) string { return "0x" + hex.EncodeToString(h[:]) }

// String is the rate in words.
func (r Rate) String() string {
	return fmt.Sprintf("%d at once, one more every %s", r.Burst, time.Duration(r.Every))
}
