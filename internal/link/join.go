package link

import (
	"context"
	"crypto/tls"
	"net"

	"github.com/gocluster/gocluster/internal/proto"
)

// door is the server's side of TLS. It requires a certificate, but of those who ask for nothing but JoinProtocol: they are not asked
// for one, and what they have asked for is all that they get.
func (cfg *ServerConfig) door() *tls.Config {
	peers := cfg.TLS.Clone()
	peers.NextProtos = nil
	if cfg.Join == nil {
		return peers
	}
	guests := peers.Clone()
	guests.NextProtos = []string{proto.JoinProtocol}
	guests.ClientAuth, guests.ClientCAs = tls.NoClientCert, nil
	peers.GetConfigForClient = func(h *tls.ClientHelloInfo) (*tls.Config, error) {
		if len(h.SupportedProtos) == 1 && h.SupportedProtos[0] == proto.JoinProtocol {
			return guests, nil
		}
		return nil, nil
	}
	return peers
}

// aside keeps guests from becoming peers.
func (cfg *ServerConfig) aside(ctx context.Context, c net.Conn, state *tls.ConnectionState) bool {
	if state.NegotiatedProtocol == "" && len(state.PeerCertificates) > 0 {
		return false
	}
	if state.NegotiatedProtocol == proto.JoinProtocol && cfg.Join != nil {
		cfg.Join(ctx, c)
	}
	return true
}
