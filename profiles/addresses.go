package profiles

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"
)

// Addresses returns what others are told to connect to for a controller that listens at addr: the names of announce
// if there are any, or the address itself, or for a wildcard address the machine's addresses and name, loopback last.
func Addresses(addr net.Addr, announce []string) ([]string, error) {
	at, err := netip.ParseAddrPort(addr.String())
	if err != nil {
		return nil, fmt.Errorf("the controller's address %s: %w", addr, err)
	}
	port := strconv.Itoa(int(at.Port()))
	hosts := announce
	switch {
	case len(announce) > 0:
	case at.Addr().IsUnspecified():
		hosts = machineAddresses()
	default:
		hosts = []string{at.Addr().String()}
	}
	var out []string
	for _, h := range hosts {
		out = append(out, net.JoinHostPort(h, port))
	}
	return out, nil
}

// machineAddresses lists this machine's addresses that others could reach, its name, and loopback last.
func machineAddresses() []string {
	var out []string
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		addrs = nil // the name and loopback are left
	}
	for _, a := range addrs {
		if n, ok := a.(*net.IPNet); ok && n.IP.IsGlobalUnicast() {
			out = append(out, n.IP.String())
		}
	}
	if host, err := os.Hostname(); err == nil && host != "" {
		out = append(out, host)
	}
	return append(out, "127.0.0.1")
}
