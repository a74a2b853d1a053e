package daemon

import (
	"net"
	"net/netip"
	"strings"
)

// LocalHost says whether host or host:port is this machine by its own name.
func LocalHost(hostport string) bool {
	host := hostport
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		host = h
	}
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(host, "["), "]"))
	return err == nil && ip.Zone() == "" && ip.IsLoopback()
}

// HostOf is what counts as one host: an IPv4 address, or an IPv6 network of 64
// bits, which is what one customer gets.
func HostOf(ip netip.Addr) netip.Prefix {
	ip = ip.Unmap()
	bits := ip.BitLen()
	if ip.Is6() {
		bits = 64
	}
	prefix, _ := ip.WithZone("").Prefix(bits) // an invalid address is the zero prefix: one host, too
	return prefix
}
