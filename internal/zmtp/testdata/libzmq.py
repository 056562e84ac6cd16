"""A libzmq peer for the sockets of package zmtp. Usage: libzmq.py ROUTER_PORT XPUB_PORT REP_PORT"""
import sys
import time

import zmq

router, xpub, rep = sys.argv[1:]
ctx = zmq.Context()


def connect(kind, port, **options):
    s = ctx.socket(kind)
    s.linger = 0
    s.rcvtimeo = 20_000
    for name, value in options.items():
        setattr(s, name, value)
    s.connect("tcp://127.0.0.1:" + port)
    return s


def echo(s, frames):
    s.send_multipart(frames)
    got = s.recv_multipart()
    assert got == frames, (len(frames), len(got), [len(f) for f in got][:10])


# DEALER: frames of all kinds of sizes come back as they were, with and without an identity.
for options in ({"identity": b"alice"}, {}):
    s = connect(zmq.DEALER, router, **options)
    for size in (0, 1, 254, 255, 256, 257, 65535, 65536, 65537, 1 << 20, 3 << 20):
        echo(s, [b"x" * size])
    echo(s, [b"", b"", b"a", b"", b"b" * 300, b""])
    echo(s, [bytes([i % 256]) for i in range(1000)])
    for i in range(3000):
        s.send(b"%d" % i)
    for i in range(3000):
        assert s.recv() == b"%d" % i
    s.close()

# Heartbeats of libzmq: a connection that answers them stays.
s = connect(zmq.DEALER, router, heartbeat_ivl=50, heartbeat_timeout=250, heartbeat_ttl=1000)
events = s.get_monitor_socket(zmq.EVENT_DISCONNECTED)
end = time.monotonic() + 1.5
while time.monotonic() < end:
    echo(s, [b"beat"])
    assert not events.poll(100), "disconnected although heartbeats were answered"
s.disable_monitor()
s.close()

# REQ to ROUTER and to REP.
for port in (router, rep):
    s = connect(zmq.REQ, port)
    for i in range(100):
        echo(s, [b"ping", b"", b"%d" % i])
    s.close()

# SUB: what is subscribed comes, the rest does not.
s = connect(zmq.SUB, xpub)
s.subscribe(b"a")
assert s.recv_multipart() == [b"a", b"welcome"]
s.subscribe(b"b")
assert s.recv_multipart() == [b"b", b"welcome"]
s.unsubscribe(b"a")
s.subscribe(b"")
assert s.recv_multipart() == [b"", b"welcome"]
s.close()
print("ok")
