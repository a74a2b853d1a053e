#!/usr/bin/awk -f
# Turns the output of scripts/bench-da.sh's benchmarks into its tables and plot.

# metric returns the value before a unit on this line.
function metric(unit,   i) { for (i = 3; i <= NF; i++) if ($i == unit) return $(i - 1); return "" }
function line(id, what, value, held, ratio, target) { printf "%-4s %-46s %16s   %-34s %7s   %s\n", id, what, value, held, ratio, target }
function mb(x) { return sprintf("%.0f MB/s", x) }

/^Benchmark/ { name = $1; sub(/-[0-9]+$/, "", name) }
/^BenchmarkWhole\// && NF > 3 {
  shape = name; sub(/.*rows=/, "", shape)
  whole[shape] = metric("best-MB/s"); limit[shape] = metric("limit-MB/s"); ofLimit[shape] = metric("of-limit")
  raw[shape] = metric("raw-rs-MB/s"); sha[shape] = metric("sha256-MB/s"); rlc[shape] = metric("rlc-MB/s"); mem[shape] = metric("memcpy-MB/s")
}
/^Benchmark(Parts|Read)\// && NF > 3 { n = split(name, p, "/"); key = p[2] "/" p[3]; sub(/rows=/, "", key); got[key] = metric("best-MB/s"); of[key] = metric("of-limit") }
/^BenchmarkCores\// && NF > 3 { c = name; sub(/.*cores=/, "", c); cores_[c] = metric("best-MB/s"); linear[c] = metric("of-linear"); ms[c] = metric("best-ms"); serial = metric("serial-%"); work[c] = metric("work-of-one"); ideal[c] = metric("computed-of-linear") }
/^BenchmarkVerify\/verify/ && NF > 3 { m = name; sub(/.*rows=/, "", m); verify[m] = metric("MB/cpu-s"); verifyOf[m] = metric("of-sha256") }
/^BenchmarkConfirmBatch/ && NF > 3 { confirm = metric("ns/op") / 1e6 }
/^BenchmarkSustained/ && NF > 3 { put = metric("MB/s-put"); alone = metric("work-MB/s"); ofAlone = metric("of-work"); moved = metric("moved-MB/s"); ofMoved = metric("of-moved") }
/three blobs of 32 MiB/ { memory = $0; sub(/.*another: /, "", memory) }

END {
  printf "one core, thread time, 32 MiB a blob, MB/s of payload (B6: of rows)\n\n"
  line("id", "what", "best of runs", "held to", "ratio", "target")
  for (i = 1; i <= 2; i++) {
    s = i == 1 ? "1024-of-4096" : "1024-of-3072"
    line("B1", "parity " s, mb(got["B1-parity/" s]), "library alone, best stripe " mb(raw[s]), of["B1-parity/" s], ">= 0.95")
    line("B2", "row tree " s, mb(got["B2-tree/" s]), "SHA-256 alone " mb(sha[s]) " of rows", of["B2-tree/" s], ">= 0.85")
    line("B3", "combinations " s, mb(got["B3-rlc/" s]), "memcpy " mb(mem[s]), "", ">= 800, stretch 2000 MB/s")
    line("B4", "whole encoder " s, mb(whole[s]), "composed limit " mb(limit[s]), ofLimit[s], ">= 0.85")
    line("B7", "data rows checked and joined " s, mb(got["B7-systematic/" s]), "SHA-256 alone", of["B7-systematic/" s], ">= 0.5")
    line("B7", "rebuilt from parity alone " s, mb(got["B7-worst-decode/" s]), "library alone, whole rows", of["B7-worst-decode/" s], ">= 0.9")
  }
  for (c = 1; c <= 8; c *= 2) if (c in cores_) line("B5", c " of " cores " cores, wall time (" ms[c] " ms)", mb(cores_[c]), c " times one core", linear[c], ">= 0.8")
  for (c = 2; c <= 8; c *= 2) if (c in cores_) line("B5", c " cores, computed from processor time", sprintf("%.2f of one's", work[c]), sprintf("work; %.1f %% that one does alone", serial), ideal[c], ">= 0.8")
  for (m = 41; m <= 410; m *= 10) line("B6", "signer checks " m " rows", mb(verify[m]), "SHA-256 alone", verifyOf[m], m == 41 ? ">= 150 MB/s" : ">= 380 MB/s, >= 0.25")
  line("B8", "confirm: 300 members, 16 blobs", sprintf("%.2f ms", confirm), "", "", "<= 1.5 ms")
  bars = 0.5 * cores / (1 / 166 + 4 / 380)
  line("B10", "1 disperser, 4 members, TLS, disk", mb(put), "half of B4's and B6's bars " mb(bars), sprintf("%.2f", put / bars), ">= 1")
  line("", "", "", "coding and checking here " mb(alone), ofAlone, "")
  line("", "", "", "with rows moved by TLS alone " mb(moved), ofMoved, "")
  line("B12", "memory: " memory, "", "", "", "<= 192 MiB")
  scale(whole["1024-of-4096"], whole["1024-of-3072"], verify[410])
  if (plot != "") draw(whole["1024-of-4096"], whole["1024-of-3072"])
}

# scale is arithmetic on the measured figures; nothing in it is measured.
function scale(a, b, v,   c, want, nic) {
  want = 50e9 / 8 / 1e6; nic = 100e9 / 8 / 1e6 / 4
  printf "\nwhat follows for 50 Gbit/s of payload (%.0f MB/s); COMPUTED from the figures above, linear in cores\n\n", want
  printf "%8s %16s %16s   %s\n", "cores", "1024 of 4096", "1024 of 3072", "Gbit/s of payload; a 100-Gbit/s line carries the rows of 25 and 33"
  for (c = 1; c <= 64; c *= 2) printf "%8d %11.1f Gbit %11.1f Gbit   %s\n", c, a * c * 8 / 1e3, b * c * 8 / 1e3, (c in cores_) ? "measured here (wall time): " sprintf("%.1f", cores_[c] * 8 / 1e3) " at 1024 of 4096" : ""
  printf "\nencoders   %.0f cores (1024 of 4096) or %.0f (1024 of 3072), over as many dispersers as one likes: they share nothing\n", want / a, want / b
  printf "lines      %.1f of 100 Gbit/s out of dispersers for four times the payload; one of them ends at %.0f MB/s = %.0f cores\n", want / nic, nic, nic / a
  printf "signers    %.0f MB/s of rows come in; at %.0f MB/s a core that is %.0f cores, and %.0f MB/s each for 100 of equal stake\n", 4 * want, v, 4 * want / v, 4 * want / 100
  printf "chain      %.0f blobs of 32 MiB a second, 16 a batch: %.1f confirmations/s of %.2f ms = %.1f %% of a core, below 19 kB/s of blocks\n", want / 33.55, want / 33.55 / 16, confirm, want / 33.55 / 16 * confirm / 10
  printf "           it ends where confirmations fill their share of a block: at 200 ms/s, %.0f GB/s of payload\n", 200 / confirm * 16 * 33.55 / 1e3
}

# draw writes the same as a plot, both axes logarithmic.
function X(c) { return 60 + log(c) / log(64) * 520 }
function Y(g) { return 340 - (log(g) / log(10) + 0) / 2.5 * 300 }
function curve(rate, color, text,   c, d) {
  d = ""
  for (c = 1; c <= 64; c *= 2) d = d (c == 1 ? "M" : " L") X(c) "," Y(rate * c * 8 / 1e3)
  printf "<path d=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\" stroke-dasharray=\"6 3\"/><text x=\"%d\" y=\"%d\" fill=\"%s\">%s</text>\n", d, color, X(color == "#06c" ? 36 : 10), Y(rate * (color == "#06c" ? 36 : 10) * 8 / 1e3) + (color == "#06c" ? 22 : -22), color, text > plot
}
function bar(g, text) { printf "<path d=\"M60,%d L580,%d\" stroke=\"#999\"/><text x=\"64\" y=\"%d\" fill=\"#666\">%s</text>\n", Y(g), Y(g), Y(g) - 4, text > plot }
function draw(a, b,   c, g) {
  printf "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 640 400\" font-family=\"sans-serif\" font-size=\"11\">\n<rect width=\"640\" height=\"400\" fill=\"#fff\"/>\n" > plot
  printf "<text x=\"60\" y=\"18\" font-size=\"13\">Gbit/s of payload by encoder cores: dots measured (wall time, shared machine), dashes computed</text>\n" > plot
  for (c = 1; c <= 64; c *= 2) printf "<text x=\"%d\" y=\"358\" text-anchor=\"middle\">%d</text><path d=\"M%d,340 l0,4\" stroke=\"#000\"/>\n", X(c), c, X(c) > plot
  for (g = 1; g <= 100; g *= 10) printf "<text x=\"52\" y=\"%d\" text-anchor=\"end\">%d</text>\n", Y(g) + 4, g > plot
  printf "<path d=\"M60,40 L60,340 L580,340\" fill=\"none\" stroke=\"#000\"/><text x=\"320\" y=\"378\" text-anchor=\"middle\">cores, over any number of dispersers</text>\n" > plot
  bar(50, "50 Gbit/s: the goal"); bar(25, "25: its rows fill a line of 100 Gbit/s")
  curve(a, "#06c", "1024 of 4096"); curve(b, "#c60", "1024 of 3072")
  for (c in cores_) printf "<circle cx=\"%d\" cy=\"%d\" r=\"4\" fill=\"#06c\"/>\n", X(c), Y(cores_[c] * 8 / 1e3) > plot
  printf "</svg>\n" > plot
}
