package storage_test

import (
	"bufio"
	"bytes"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/zgd-network/zgd/sidecar/client/nodeapi"
	"github.com/zgd-network/zgd/x/flow/layout"
)

// BenchmarkFlood sends so many uploads at once, each on a connection of its own,
// to a node in another process, as the JavaScript client does with a file of
// 4 GiB, and reports that node's peak memory. protocol-storage.md 8.9 wants it
// below 1 GiB for 16 384. Several uploads are of the same segment; each waits for
// the one that writes.
func BenchmarkFlood(b *testing.B) {
	for _, connections := range []int{1024, 16384} {
		b.Run(fmt.Sprintf("connections=%d", connections), func(b *testing.B) {
			for b.Loop() {
				flood(b, connections)
			}
		})
	}
}

func flood(b *testing.B, connections int) {
	victim := exec.Command(os.Args[0])
	victim.Env = append(os.Environ(), victimHome+"="+b.TempDir())
	out, err := victim.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := victim.Start(); err != nil {
		b.Fatal(err)
	}
	defer victim.Wait()
	defer victim.Process.Kill()
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	url := strings.TrimSpace(line)
	u := cut(b, victimFile())
	headers := make([]string, u.file.NumSegments())
	for i := range headers {
		if headers[i], err = nodeapi.EncodeProofHeader(u.segment(uint64(i)).Proof); err != nil {
			b.Fatal(err)
		}
	}
	time.Sleep(500 * time.Millisecond) // the node follows its chain
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: time.Minute}
	var wg sync.WaitGroup
	var mu sync.Mutex
	outcomes := map[int]int{}
	start := time.Now()
	for i := range connections {
		wg.Go(func() {
			index := i % (len(headers) - 1)
			data := u.data[index*layout.LoadSize : (index+1)*layout.LoadSize]
			request, _ := http.NewRequest(http.MethodPut, fmt.Sprintf("%s/v1/segments/1/%d", url, index), bytes.NewReader(data))
			request.Header.Set(nodeapi.HeaderProof, headers[index])
			status := 0
			if response, err := client.Do(request); err == nil {
				status = response.StatusCode
				response.Body.Close()
			}
			mu.Lock()
			defer mu.Unlock()
			outcomes[status]++
		})
	}
	wg.Wait()
	b.ReportMetric(float64(connections)/time.Since(start).Seconds(), "uploads/s")
	b.ReportMetric(peakMiB(b, victim.Process.Pid), "peak-MiB")
	if outcomes[200] != connections {
		b.Errorf("answers by status: %v, want all 200", outcomes)
	}
}

// peakMiB reads a process's largest resident size.
func peakMiB(b *testing.B, pid int) float64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.Fatal(err)
	}
	for line := range strings.SplitSeq(string(status), "\n") {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kib, err := strconv.Atoi(strings.Fields(rest)[0])
			if err != nil {
				b.Fatal(err)
			}
			return float64(kib) / 1024
		}
	}
	b.Fatal("no VmHWM")
	return 0
}
