package zmtp

import "fmt"

// subscription takes a message of a subscriber as what it is in ZMTP 3.0: 1 or 0, and the topic.
func (p *Peer) subscription(frames [][]byte) bool {
	if len(frames) != 1 || len(frames[0]) == 0 || frames[0][0] > 1 {
		return false
	}
	if err := p.subscribe(frames[0][1:], frames[0][0] == 1); err != nil {
		p.abort(err)
	}
	return true
}

// subscribe counts a subscription; a topic can be subscribed to several times.
func (p *Peer) subscribe(topic []byte, on bool) error {
	if p.typ != XPub {
		return nil
	}
	if len(topic) > maxTopic {
		return fmt.Errorf("%w: a topic of %d bytes", ErrLimit, len(topic))
	}
	p.mu.Lock()
	before := p.topics[string(topic)]
	switch {
	case on && before == 0 && len(p.topics) >= p.lim.Topics:
		p.mu.Unlock()
		return fmt.Errorf("%w: more than %d subscriptions", ErrLimit, p.lim.Topics)
	case on:
		p.topics[string(topic)]++
	case before > 1:
		p.topics[string(topic)]--
	default:
		delete(p.topics, string(topic))
	}
	p.mu.Unlock()
	if h, ok := p.h.(SubscriptionHandler); ok {
		h.Subscribed(p, topic, on)
	}
	return nil
}

// Subscribed reports whether the peer of an XPub wants messages of a topic: whether one of its subscriptions is a prefix of it.
func (p *Peer) Subscribed(topic []byte) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for n := 0; n <= len(topic); n++ {
		if p.topics[string(topic[:n])] > 0 {
			return true
		}
	}
	return false
}
