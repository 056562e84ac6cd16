"""Messages that are none, at every socket: the kernel goes on, and its log stays short."""

import hashlib
import hmac
import json
import os
import random
import socket
import uuid

import pytest
import zmq
from jupyter_client.manager import KernelManager

from helpers import TIMEOUT, Kernel
from test_strangers import GREETING, HANDSHAKE

CHANNELS = ("shell", "control", "stdin", "iopub", "hb")
TYPES = ("execute_request", "kernel_info_request", "complete_request", "inspect_request", "is_complete_request", "history_request", "comm_open",
         "comm_msg", "comm_info_request", "shutdown_request", "interrupt_request", "input_reply", "debug_request", "no_such_request", "no_such_type", "")
VALUES = (None, True, -1, 1e308, 2**70, "", "\0", "\ud800", [], {}, [[]], {"": None})
FIELDS = ("code", "silent", "store_history", "user_expressions", "allow_stdin", "stop_on_error", "cursor_pos", "detail_level", "hist_access_type",
          "session", "start", "stop", "n", "pattern", "unique", "output", "comm_id", "target_name", "data", "value", "seq", "command", "subshell_id")


class Mangler:
    """Makes messages with one thing wrong in each, the same ones for the same seed."""

    def __init__(self, key, seed=1):
        self.key, self.random = key, random.Random(seed)
        self.kinds = [self.count, self.delimiter, self.signature, self.no_json, self.no_object, self.header, self.no_id, self.content, self.utf8,
                      self.deep, self.noise, self.replayed, self.parent]
        self.again = None  # a right message, which is right once

    def sign(self, parts):
        h = hmac.new(self.key, digestmod=hashlib.sha256)
        for p in parts:
            h.update(p)
        return h.hexdigest().encode()

    def parts(self, msg_type="kernel_info_request", content=None):
        header = {"msg_id": uuid.uuid4().hex, "session": "s", "username": "u", "date": "2026-01-01T00:00:00Z", "msg_type": msg_type, "version": "5.4"}
        return [json.dumps(header).encode(), b"{}", b"{}", json.dumps(content or {}).encode()]

    def signed(self, parts):
        return [b"<IDS|MSG>", self.sign(parts), *parts]

    def count(self):
        return self.signed(self.parts())[: self.random.randrange(1, 6)]

    def delimiter(self):
        frames = self.signed(self.parts())
        return [self.random.choice([b"", b"<IDS|MSG", b"<ids|msg>", b"x" * 300]), *frames[1:]]

    def signature(self):
        frames = list(self.signed(self.parts("execute_request", {"code": "stolen := 1"})))
        frames[1] = self.random.choice([b"", b"0" * 64, frames[1][:-1], frames[1].upper() + b"0", os.urandom(32), b"\xff" * 64])
        return frames

    def broken(self, with_):
        parts = self.parts()
        parts[self.random.randrange(4)] = with_
        return self.signed(parts)

    def no_json(self):
        return self.broken(self.random.choice([b"", b"{", b"{]", b'{"a":}', b"nul", b"{} {}", b'{"a":1,}', b"\x00"]))

    def no_object(self):
        return self.broken(self.random.choice([b"[]", b"1", b'"text"', b"null", b"true", b" [ {} ]"]))

    def header(self):
        parts = self.parts()
        header = json.loads(parts[0])
        header[self.random.choice(list(header))] = self.random.choice([None, 1, [], {}, True, {"a": 1}])
        parts[0] = json.dumps(header).encode()
        return self.signed(parts)

    def no_id(self):
        parts = self.parts()
        header = json.loads(parts[0])
        del header[self.random.choice(["msg_id", "msg_type"])]
        parts[0] = json.dumps(header).encode()
        return self.signed(parts)

    def content(self):
        fields = {f: self.random.choice(VALUES) for f in self.random.sample(FIELDS, 6)}
        # What would be a right shutdown, and what would run something, is not among what is wrong.
        types = [t for t in TYPES if t not in ("shutdown_request", "execute_request")]
        msg_type = self.random.choice(types)
        if self.random.random() < 0.3:
            msg_type, fields = "execute_request", {"code": self.random.choice([1, [], {}, True, 1.5]), **{f: v for f, v in fields.items() if f != "code"}}
        elif self.random.random() < 0.1:
            msg_type, fields = "shutdown_request", {"restart": self.random.choice([1, "yes", [], {}])}
        return self.signed(self.parts(msg_type, fields))

    def utf8(self):
        return self.broken(b'{"msg_id":"\xff\xfe","msg_type":"\xc3\x28_request","code":"\xed\xa0\x80"}')

    def deep(self):
        n = self.random.choice([100, 10_001, 100_000])
        return self.broken(b'{"a":' * n + b"1" + b"}" * n)

    def noise(self):
        return [os.urandom(self.random.randrange(200)) for _ in range(self.random.randrange(1, 12))]

    def replayed(self):
        self.again = self.again or self.signed(self.parts())
        return list(self.again)

    def parent(self):
        parts = self.parts("no_such_type")
        parts[1] = json.dumps({"msg_id": self.random.choice(VALUES[:4])}).encode()
        return self.signed(parts)

    def next(self):
        return self.random.choice(self.kinds)()


@pytest.fixture
def logged(tmp_path):
    """A kernel whose log is in a file."""
    path = tmp_path / "log"
    with open(path, "wb") as f:
        km = KernelManager(kernel_name="go")
        km.start_kernel(stderr=f)
    kc = km.client()
    kc.start_channels()
    kc.wait_for_ready(timeout=TIMEOUT)
    yield Kernel(km, kc), path
    kc.stop_channels()
    km.shutdown_kernel(now=not km.is_alive())


def drain(s):
    """Takes what has come, so that replies to what was right after all do not fill a queue."""
    while s.poll(0):
        s.recv_multipart()


def test_ten_thousand_malformed_messages(logged):
    kernel, log = logged
    kernel.ok("kept := 7")
    info = kernel.km.get_connection_info()
    ctx = zmq.Context()
    mangler = Mangler(info["key"])
    for channel in CHANNELS:
        s = ctx.socket(zmq.XSUB if channel == "iopub" else zmq.DEALER)
        s.linger = 1000
        s.connect(f"tcp://{info['ip']}:{info[channel + '_port']}")
        for i in range(2_000):
            s.send_multipart(mangler.next())
            if i % 100 == 0:
                drain(s)
        s.close()
    huge = ctx.socket(zmq.DEALER)
    huge.linger = 1000
    huge.connect(f"tcp://{info['ip']}:{info['shell_port']}")
    huge.send_multipart([b"<IDS|MSG>", b"0" * 64, b"{}", b"{}", b"{}", b"x" * (50 << 20)])
    huge.send_multipart([b"x"] * 900)
    huge.close()
    ctx.term()
    # All of it has been looked at when a later request on the same socket is answered.
    kernel.reply(kernel.control("kernel_info_request"), "control")
    assert kernel.value("kept") == "7"
    assert "undefined: stolen" in kernel.fails("stolen")["evalue"]
    assert kernel.kc.hb_channel.is_beating()
    lines = log.read_text(errors="replace").splitlines()
    assert 0 < len(lines) < 300, len(lines)
    assert not any("defect" in line or "panic" in line or "goroutine " in line for line in lines), lines
    assert max(map(len, lines)) < 2000


def test_raw_garbage_at_the_ports(logged):
    kernel, log = logged
    info = kernel.km.get_connection_info()
    rng = random.Random(2)
    for channel in CHANNELS:
        for i in range(60):
            s = socket.create_connection((info["ip"], info[channel + "_port"]))
            start = (b"", GREETING, HANDSHAKE, HANDSHAKE[: rng.randrange(len(HANDSHAKE))])[i % 4]
            try:
                s.sendall(start + rng.randbytes(rng.randrange(2000)))
            except OSError:
                pass  # it has been cut off
            s.close()
    assert kernel.value("6 * 7") == "42"
    assert kernel.kc.hb_channel.is_beating()
    lines = log.read_text(errors="replace").splitlines()
    assert len(lines) < 100 and not any("panic" in line for line in lines)
