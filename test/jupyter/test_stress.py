"""Much output, and clients that do not take it: nothing is lost, the end is told, and memory stays bounded."""

import signal
import subprocess
import sys
import threading
import time

from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import start_new_kernel

from helpers import TIMEOUT, Kernel, children_of

MB = 1 << 20
# What the kernel and the cells' process may take: a queue of 64 MB for each client that is slower than the cell, and what the garbage
# collector leaves of as much. What the user's code holds comes to that.
BOUND = 300 * MB


class Memory:
    """The most that a kernel and its children have had, looked at again and again."""

    def __init__(self, pid):
        self.pid, self.most, self.ended = pid, {}, threading.Event()

    def look(self):
        for pid in [self.pid, *children_of(self.pid)]:
            try:
                with open(f"/proc/{pid}/status") as f:
                    rss = next(int(line.split()[1]) for line in f if line.startswith("VmRSS")) * 1024
            except (OSError, StopIteration):
                continue
            role = "kernel" if pid == self.pid else "child"
            self.most[role] = max(self.most.get(role, 0), rss)

    def __enter__(self):
        def watch():
            while not self.ended.wait(0.05):
                self.look()

        self.thread = threading.Thread(target=watch)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.thread.join()
        print({who: f"{n / MB:.0f} MB" for who, n in self.most.items()})


def collect(kernel, msg_id, patience=TIMEOUT):
    """What a request publishes until its idle: the text of each stream, the sizes and times of its messages, and the other messages."""
    text, sizes, others = {"stdout": [], "stderr": []}, [], []
    while True:
        msg = kernel.kc.get_iopub_msg(timeout=patience)
        if msg["parent_header"].get("msg_id") != msg_id:
            continue
        if msg["msg_type"] == "stream":
            text[msg["content"]["name"]].append(msg["content"]["text"])
            sizes.append((time.monotonic(), len(msg["content"]["text"])))
            continue
        others.append(msg)
        if msg["msg_type"] == "status" and msg["content"]["execution_state"] == "idle":
            return {name: "".join(parts) for name, parts in text.items()}, sizes, others


def counted(n):
    return "".join(f"{i}\n" for i in range(n))


def test_ten_million_lines(fresh):
    n = 10_000_000
    begin = time.monotonic()
    with Memory(fresh.km.provisioner.pid) as memory:
        msg_id = fresh.kc.execute(f"w := bufio.NewWriter(os.Stdout)\nfor i := range {n} {{ fmt.Fprintln(w, i) }}\nw.Flush()")
        text, sizes, _ = collect(fresh, msg_id)
    assert fresh.reply(msg_id)["content"]["status"] == "ok"
    seconds = time.monotonic() - begin
    print(f"{seconds:.1f} s, {len(sizes)} messages")
    assert text["stdout"] == counted(n)
    assert len(sizes) < 1000 * max(1, seconds)
    assert memory.most["kernel"] < BOUND and memory.most["child"] < BOUND, memory.most


def test_a_million_calls_of_println(fresh):
    n = 1_000_000
    begin = time.monotonic()
    msg_id = fresh.kc.execute(f"for i := range {n} {{ fmt.Println(i) }}")
    text, sizes, _ = collect(fresh, msg_id)
    print(f"{time.monotonic() - begin:.1f} s, {len(sizes)} messages")
    assert text["stdout"] == counted(n)
    fresh.reply(msg_id)


def test_a_display_of_200_mb(fresh):
    with Memory(fresh.km.provisioner.pid) as memory:
        msg_id = fresh.kc.execute('display.HTML(strings.Repeat("x", 200<<20))\nfmt.Println("after")')
        text, _, others = collect(fresh, msg_id)
    assert text["stdout"].endswith("after\n")
    assert len(str(others)) < 100_000, "a display beyond the limit is replaced by a note"
    assert memory.most["kernel"] < BOUND, memory.most
    fresh.reply(msg_id)
    assert fresh.value("1 + 1") == "2"


def test_a_text_of_200_mb(fresh):
    """Printed text is not shortened."""
    with Memory(fresh.km.provisioner.pid) as memory:
        msg_id = fresh.kc.execute('fmt.Print(strings.Repeat("0123456789", 20<<20))')
        text, sizes, _ = collect(fresh, msg_id)
    assert text["stdout"] == "0123456789" * (20 << 20)
    assert max(size for _, size in sizes) <= MB
    assert memory.most["kernel"] < BOUND, memory.most
    fresh.reply(msg_id)


def test_a_thousand_goroutines_print(fresh):
    """Each one's lines in their order, no line torn."""
    with Memory(fresh.km.provisioner.pid) as memory:
        msg_id = fresh.kc.execute(
            """var wg sync.WaitGroup
for g := range 1000 {
	wg.Add(1)
	go func() {
		defer wg.Done()
		for i := range 100 {
			if i%10 == 9 { fmt.Fprintln(os.Stderr, g, i) } else { fmt.Println(g, i) }
		}
	}()
}
wg.Wait()"""
        )
        text, sizes, _ = collect(fresh, msg_id)
    assert fresh.reply(msg_id)["content"]["status"] == "ok"
    for stream, numbers in (("stdout", [i for i in range(100) if i % 10 != 9]), ("stderr", list(range(9, 100, 10)))):
        seen = {}
        for line in text[stream].splitlines():
            g, i = line.split()
            seen.setdefault(int(g), []).append(int(i))
        assert len(seen) == 1000 and all(s == numbers for s in seen.values())
    assert memory.most["kernel"] < BOUND and memory.most["child"] < BOUND, memory.most


def another(km):
    kc = BlockingKernelClient()
    kc.load_connection_info(km.get_connection_info())
    return kc


# A subscriber in a process of its own, which can be stopped and killed. It says how many bytes of text it has read at the end.
SUBSCRIBER = """
import json, sys, zmq
s = zmq.Context().socket(zmq.SUB)
s.setsockopt(zmq.RCVHWM, 10)
s.setsockopt(zmq.SUBSCRIBE, b"")
s.connect(sys.argv[1])
text = 0
while True:
    frames = s.recv_multipart()
    at = frames.index(b"<IDS|MSG>")
    header, parent, content = (json.loads(frames[at + i]) for i in (2, 3, 5))
    if header["msg_type"] == "iopub_welcome":
        print("welcome", flush=True)
    elif header["msg_type"] == "stream":
        text += len(content["text"])
    elif content.get("execution_state") == "idle" and text and parent["msg_type"] == "execute_request":
        print(text, flush=True)
        break
"""


def subscriber(kernel):
    info = kernel.km.get_connection_info()
    p = subprocess.Popen([sys.executable, "-c", SUBSCRIBER, f"tcp://{info['ip']}:{info['iopub_port']}"], stdout=subprocess.PIPE, text=True)
    assert p.stdout.readline() == "welcome\n"
    return p


FLOOD = 'chunk := strings.Repeat("0123456789abcde\\n", 1<<16)\nfor range 200 { fmt.Print(chunk) }'
FLOODED = 200 << 20


def test_a_client_that_stops_reading_for_30_s_misses_nothing(fresh):
    other = subscriber(fresh)
    try:
        with Memory(fresh.km.provisioner.pid) as memory:
            other.send_signal(signal.SIGSTOP)
            msg_id = fresh.kc.execute(FLOOD)
            resume = threading.Timer(30, other.send_signal, [signal.SIGCONT])
            resume.start()
            # Who asks on control is answered meanwhile, as the one is who interrupts.
            time.sleep(5)
            begin = time.monotonic()
            fresh.reply(fresh.control("kernel_info_request"), "control")
            assert time.monotonic() - begin < 10
            text, _, _ = collect(fresh, msg_id, patience=60)
            assert len(text["stdout"]) == FLOODED
            assert int(other.stdout.readline()) == FLOODED
        assert fresh.reply(msg_id)["content"]["status"] == "ok"
        assert memory.most["kernel"] < BOUND, memory.most
    finally:
        other.send_signal(signal.SIGCONT)
        other.kill()
        other.wait()


def test_a_client_that_disappears_holds_nobody_up(fresh):
    other = subscriber(fresh)
    msg_id = fresh.kc.execute(FLOOD)
    fresh.await_output(msg_id)
    other.kill()
    other.wait()
    begin = time.monotonic()
    collect(fresh, msg_id)
    assert time.monotonic() - begin < 20
    assert fresh.reply(msg_id)["content"]["status"] == "ok"


def test_the_only_client_disappears_and_another_comes(fresh):
    """What the cell did is there for the client that comes next."""
    fresh.kc.stop_channels()
    gone = another(fresh.km)
    gone.start_channels()
    gone.wait_for_ready(timeout=TIMEOUT)
    gone.execute("done := 0\n" + FLOOD + "\ndone = 1")
    gone.get_iopub_msg(timeout=TIMEOUT)
    for channel in (gone.shell_channel, gone.iopub_channel, gone.control_channel, gone.stdin_channel):
        channel.socket.close(linger=0)
    later = another(fresh.km)
    later.start_channels()
    later.wait_for_ready(timeout=TIMEOUT)
    assert Kernel(fresh.km, later).value("done") == "1"
    later.stop_channels()


def test_a_server_drops_nothing(monkeypatch):
    """Jupyter's server forwards 1 MB of streams and 1000 messages a second, over three seconds, and drops the rest. It tells the
    kernels that it starts which notebook they are for."""
    monkeypatch.setenv("JPY_SESSION_NAME", "/a/notebook.ipynb")
    km, kc = start_new_kernel(kernel_name="go")
    k = Kernel(km, kc)
    try:
        msg_id = kc.execute('line := strings.Repeat("\\x1b0123456789", 9) + "\\n"\nfor range 80_000 { fmt.Print(line) }')
        window, size, text = [], 0, 0
        while True:
            frames = kc.iopub_channel.socket.recv_multipart()
            msg = kc.session.deserialize(kc.session.feed_identities(frames)[1])
            if msg["parent_header"].get("msg_id") != msg_id:
                continue
            now = time.monotonic()
            if msg["msg_type"] == "stream":
                text += len(msg["content"]["text"])
                window.append((now, sum(len(f) for f in frames)))
            while window and window[0][0] < now - 3:
                window.pop(0)
            assert sum(n for _, n in window) <= 3_000_000
            assert len(window) <= 3000
            if msg["content"].get("execution_state") == "idle":
                break
        assert text == 80_000 * 100
    finally:
        kc.stop_channels()
        km.shutdown_kernel()
