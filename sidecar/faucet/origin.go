package faucet

import (
	"net/http"
	"net/url"

	"github.com/zgd-network/zgd/sidecar/internal/daemon"
)

// localOnly lets programs and web pages of this machine in and nobody else: a
// request must name a local host (else a foreign name was pointed at us, DNS
// rebinding), and a page that asks must come from a local origin (else any page
// of the internet that is open in a browser here could use us).
func localOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !daemon.LocalHost(r.Host) {
			writeError(w, http.StatusMisdirectedRequest, "foreign_host",
				"host "+clip(r.Host)+" is not this machine's: use http://127.0.0.1 or http://localhost", 0)
			return
		}
		w.Header().Add("Vary", "Origin")
		if origin := r.Header.Get("Origin"); origin != "" {
			if !localOrigin(origin) {
				writeError(w, http.StatusForbidden, "foreign_origin",
					"origin "+clip(origin)+" may not use this: only pages of http://localhost and http://127.0.0.1, on any port", 0)
				return
			}
			w.Header().Set("Access-Control-Allow-Origin", origin)
			w.Header().Set("Access-Control-Expose-Headers", "Retry-After")
		} else if r.Header.Get("Sec-Fetch-Site") == "cross-site" && r.Method != http.MethodGet && r.Method != http.MethodHead {
			writeError(w, http.StatusForbidden, "foreign_origin", "a page of another site may not use this", 0)
			return
		}
		if r.Method == http.MethodOptions {
			preflight(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// preflight answers a browser's question whether a local page may ask.
func preflight(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Allow", "GET, HEAD, POST, OPTIONS")
	if r.Header.Get("Access-Control-Request-Method") != "" && r.Header.Get("Origin") != "" {
		h.Set("Access-Control-Allow-Methods", "GET, POST")
		h.Set("Access-Control-Allow-Headers", "Content-Type")
		h.Set("Access-Control-Max-Age", "600")
		if r.Header.Get("Access-Control-Request-Private-Network") == "true" {
			h.Set("Access-Control-Allow-Private-Network", "true")
		}
	}
	w.WriteHeader(http.StatusNoContent)
}

// localOrigin says whether an Origin header names a page served by this
// machine. "null", of files and sandboxed frames, is anybody's.
func localOrigin(origin string) bool {
	u, err := url.Parse(origin)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.User == nil && u.Path == "" && daemon.LocalHost(u.Host)
}

// clip shortens a stranger's text for an answer.
func clip(text string) string {
	if len(text) > 100 {
		return text[:100] + "…"
	}
	return text
}
