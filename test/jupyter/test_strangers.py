"""Who has no key, or speaks no ZMTP, does not disturb a running cell."""

import os
import socket
import struct

from jupyter_client.session import Session

GREETING = b"\xff" + b"\0" * 8 + b"\x7f" + b"\x03\x00" + b"NULL".ljust(20, b"\0") + b"\0" * 32
READY = b"\x05READY\x0bSocket-Type\0\0\0\x06DEALER"
HANDSHAKE = GREETING + bytes([4, len(READY)]) + READY

ATTACKS = {
    "silence": b"",
    "half a greeting": GREETING[:20],
    "http": b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "bad ready": GREETING + b"\x04\x09\x05READY\xff\xff\xff",
    "frame of 2^40": HANDSHAKE + b"\x02" + struct.pack(">Q", 1 << 40),
    "frame of 2^62": HANDSHAKE + b"\x02" + struct.pack(">Q", 1 << 62),
    "endless frames": HANDSHAKE + b"\x01\x01x" * 200_000,
    "ping flood": HANDSHAKE + (b"\x04\x0b\x04PING\0\0abcd") * 20_000,
    "garbage": HANDSHAKE + os.urandom(4096),
}


def memory(pid):
    with open(f"/proc/{pid}/status") as f:
        return next(int(line.split()[1]) for line in f if line.startswith("VmRSS")) * 1024


def test_attacks_while_a_cell_runs(kernel):
    pid = kernel.km.provisioner.pid
    info = kernel.km.get_connection_info()
    ports = [info[name] for name in ("shell_port", "control_port", "stdin_port", "iopub_port", "hb_port")]
    msg_id = kernel.kc.execute('fmt.Println("begun")\nfor i := range 20 { time.Sleep(100 * time.Millisecond); fmt.Println(i) }')
    kernel.await_output(msg_id, "begun")
    before = memory(pid)
    open_connections = []
    for port in ports:
        for attack in ATTACKS.values():
            s = socket.create_connection((info["ip"], port))
            open_connections.append(s)
            try:
                s.sendall(attack)
            except OSError:
                pass  # it has been cut off, as it should
    published = kernel.published(msg_id)
    assert "".join(m["content"]["text"] for m in published if m["msg_type"] == "stream").endswith("19\n")
    assert kernel.reply(msg_id)["content"]["status"] == "ok"
    assert memory(pid) - before < 100 << 20
    for s in open_connections:
        s.close()


def test_wrong_keys_and_replays_are_dropped(kernel):
    kc = kernel.kc
    wrong = Session(key=b"not the key", session="stranger")
    for _ in range(1000):
        wrong.send(kc.shell_channel.socket, "execute_request", {"code": "stolen := 1", "silent": False})
        kc.shell_channel.socket.send_multipart([b"<IDS|MSG>", b"", b"{}", b"{}", b"{}", b"{}"])
        kc.shell_channel.socket.send_multipart([b"nothing", b"like", b"a message"])
    msg = kc.session.msg("execute_request", {"code": 'fmt.Println("once")', "silent": False, "allow_stdin": False})
    frames = kc.session.serialize(msg)
    for _ in range(3):
        kc.shell_channel.socket.send_multipart(frames)
    assert kernel.reply(msg["header"]["msg_id"])["content"]["status"] == "ok"
    kernel.published(msg["header"]["msg_id"])
    kernel.quiet()
    assert "undefined: stolen" in kernel.fails("stolen")["evalue"]
