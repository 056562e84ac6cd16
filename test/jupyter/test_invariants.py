"""What clients rely on, beyond what jupyter_kernel_test looks at."""

import os
import re
import signal
import subprocess
import sys
import time

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager, start_new_kernel

from helpers import TIMEOUT, Kernel, children_of, plain, running, wait_until


@pytest.mark.parametrize("channel", ["shell", "control"])
@pytest.mark.parametrize(
    "msg_type, content",
    [
        ("kernel_info_request", {}),
        ("comm_info_request", {}),
        ("complete_request", {"code": "fmt.Pr", "cursor_pos": 6}),
        ("inspect_request", {"code": "fmt.Println", "cursor_pos": 11, "detail_level": 0}),
        ("is_complete_request", {"code": "1"}),
        ("history_request", {"hist_access_type": "tail", "n": 1, "output": False, "raw": True}),
        ("debug_request", {"type": "request", "seq": 1, "command": "debugInfo"}),
        ("interrupt_request", {}),
        ("list_subshell_request", {}),
        ("some_future_request", {}),
    ],
)
def test_every_request_is_answered_between_busy_and_idle(kernel, channel, msg_type, content):
    send = kernel.shell if channel == "shell" else kernel.control
    msg_id = send(msg_type, content)
    reply = kernel.reply(msg_id, channel)
    assert reply["msg_type"] == msg_type.replace("_request", "_reply")
    states = [(m["msg_type"], m["content"].get("execution_state")) for m in kernel.published(msg_id)]
    assert states == [("status", "busy"), ("status", "idle")]


def test_the_parent_header_is_the_requests_as_it_was(kernel):
    msg = kernel.kc.session.msg("kernel_info_request")
    msg["header"]["a_future_key"] = {"b": [1, 2]}
    kernel.kc.shell_channel.send(msg)
    parent = kernel.reply(msg["header"]["msg_id"])["parent_header"]
    assert parent["a_future_key"] == {"b": [1, 2]}


def test_one_session_id_for_all_clients(kernel):
    other = client_of(kernel.km)
    sessions = set()
    for k in (kernel, other, kernel):
        msg_id = k.kc.execute("1")
        sessions |= {m["header"]["session"] for m in k.published(msg_id)} | {k.reply(msg_id)["header"]["session"]}
    other.kc.stop_channels()
    assert len(sessions) == 1


def client_of(km):
    kc = BlockingKernelClient()
    kc.load_connection_info(km.get_connection_info())
    kc.start_channels()
    kc.wait_for_ready(timeout=TIMEOUT)
    return Kernel(km, kc)


def test_streams_are_complete_gathered_and_before_idle(kernel):
    messages = [m for m in kernel.ok('for i := range 20000 { fmt.Println(i) }') if m["msg_type"] == "stream"]
    assert "".join(m["content"]["text"] for m in messages) == "".join(f"{i}\n" for i in range(20000))
    assert len(messages) < 500


def test_output_is_live(kernel):
    msg_id = kernel.kc.execute('fmt.Println("first"); time.Sleep(2 * time.Second); fmt.Println("second")')
    begin = time.monotonic()
    kernel.await_output(msg_id, "first")
    assert time.monotonic() - begin < 1.5
    kernel.published(msg_id)


def test_stdout_and_stderr_keep_apart(kernel):
    assert kernel.printed('fmt.Println("out"); fmt.Fprintln(os.Stderr, "err")') == "out\n"
    assert kernel.printed('fmt.Println("out"); fmt.Fprintln(os.Stderr, "err")', stream="stderr") == "err\n"


def test_counts(kernel):
    first = kernel.run("1")[0]["content"]["execution_count"]
    silent = [kernel.run("1", silent=True)[0]["content"]["execution_count"] for _ in range(2)]
    unstored = kernel.run("1", store_history=False)[0]["content"]["execution_count"]
    failed = kernel.run('panic("x")')[0]["content"]["execution_count"]
    last = kernel.run("1")[0]["content"]["execution_count"]
    assert silent[0] == silent[1] == unstored
    assert (failed, last) == (first + 1, first + 2)


def test_silent_publishes_only_its_status(kernel):
    reply, outputs = kernel.run('fmt.Println("x"); 1', silent=True)
    assert reply["content"]["status"] == "ok" and outputs == []


def test_an_error_is_said_once_with_its_place(kernel):
    error = kernel.fails("x := 1\nfmt.Println(undefinedName)")
    assert error["ename"] == "CompileError" and "undefined: undefinedName" in error["evalue"]
    text = plain(error["traceback"])
    assert re.search(r"Cell In\[%d\], line 2" % error["execution_count"], text), text
    assert "^" in text
    error = kernel.fails("func deep(n int) int {\n\treturn 10 / n\n}\ndeep(0)")
    assert "divide by zero" in error["evalue"]
    assert re.search(r"Cell In\[%d\], line 2" % error["execution_count"], plain(error["traceback"])), plain(error["traceback"])


def queue(kernel, **options):
    ids = [kernel.kc.execute('time.Sleep(300 * time.Millisecond); panic("first")', **options)]
    ids += [kernel.kc.execute("1"), kernel.kc.execute("2")]
    info = kernel.kc.kernel_info()
    completion = kernel.kc.complete("fmt.Pr")
    statuses = [None] * 3
    seen = set()
    while len(seen) < 5:
        msg = kernel.kc.get_shell_msg(timeout=TIMEOUT)
        parent = msg["parent_header"]["msg_id"]
        seen.add(parent)
        if parent in ids:
            statuses[ids.index(parent)] = msg["content"]["status"]
        elif parent in (info, completion):
            assert msg["content"]["status"] == "ok"
    for msg_id in ids[:1]:
        kernel.published(msg_id)
    return statuses


def test_stop_on_error(kernel):
    assert queue(kernel) == ["error", "aborted", "aborted"]
    kernel.ok("1")
    assert queue(kernel, stop_on_error=False) == ["error", "ok", "ok"]


def test_user_expressions(kernel):
    reply, _ = kernel.run("ux := 20", user_expressions={"a": "ux + 1", "b": "nothingLikeIt"})
    values = reply["content"]["user_expressions"]
    assert values["a"]["status"] == "ok" and values["a"]["data"]["text/plain"] == "21"
    assert values["b"]["status"] == "error" and "nothingLikeIt" in values["b"]["evalue"]


def test_history_outlives_the_kernel():
    for code in ('"outlives the kernel"', "2"):
        km, kc = start_new_kernel(kernel_name="go")
        k = Kernel(km, kc)
        k.ok(code)
        history = k.reply(kc.history(hist_access_type="search", pattern="*outlives*", unique=True, output=True))["content"]["history"]
        kc.stop_channels()
        km.shutdown_kernel()
        assert [h[2] for h in history] == [['"outlives the kernel"', "outlives the kernel"]]


def test_cursors_count_characters(kernel):
    code = '_ = "größer 😀"; strings.HasSuf'
    reply = kernel.reply(kernel.kc.complete(code, len(code)))["content"]
    assert reply["matches"] == ["HasSuffix"]
    assert code[reply["cursor_start"] : reply["cursor_end"]] == "HasSuf"


def test_state_lives_and_functions_can_be_redefined(kernel):
    kernel.ok("n := 1\nfunc f() int { return n }\nfunc g() int { return f() * 10 }")
    assert kernel.value("n++\ng()") == "20"
    kernel.ok("func f() int { return -n }")
    assert kernel.value("g()") == "-20"


class TestInput:
    def ask(self, kernel, code):
        msg_id = kernel.kc.execute(code, allow_stdin=True)
        request = kernel.kc.get_stdin_msg(timeout=TIMEOUT)
        assert request["msg_type"] == "input_request" and request["parent_header"]["msg_id"] == msg_id
        return msg_id, request["content"]

    def test_scan(self, kernel):
        msg_id, _ = self.ask(kernel, "var a, b int\nfmt.Scan(&a, &b)\na + b")
        kernel.kc.input("4 5")
        result = [m for m in kernel.published(msg_id) if m["msg_type"] == "execute_result"]
        assert result[0]["content"]["data"]["text/plain"] == "9"
        kernel.reply(msg_id)

    def test_lines(self, kernel):
        msg_id, _ = self.ask(kernel, "in := bufio.NewReader(os.Stdin)\nfirst, _ := in.ReadString('\\n')\nstrings.TrimSpace(first)")
        kernel.kc.input("one line")
        result = [m for m in kernel.published(msg_id) if m["msg_type"] == "execute_result"]
        assert result[0]["content"]["data"]["text/plain"] == "one line"
        kernel.reply(msg_id)

    def test_password(self, kernel):
        msg_id, request = self.ask(kernel, 'secret, err := display.Password("key: ")\nlen(secret)')
        assert request == {"prompt": "key: ", "password": True}
        kernel.kc.input("12345")
        result = [m for m in kernel.published(msg_id) if m["msg_type"] == "execute_result"]
        assert result[0]["content"]["data"]["text/plain"] == "5"
        kernel.reply(msg_id)

    def test_not_allowed_fails_at_once(self, kernel):
        begin = time.monotonic()
        kernel.run('_, err := fmt.Scan(new(int)); fmt.Println(err != nil)', allow_stdin=False)
        assert time.monotonic() - begin < 5

    def test_interrupt_ends_the_question(self, kernel):
        msg_id, _ = self.ask(kernel, "var s string\nfmt.Scan(&s)")
        kernel.interrupt()
        assert kernel.reply(msg_id)["content"]["ename"] == "KeyboardInterrupt"
        kernel.published(msg_id)
        kernel.kc.input("too late")
        assert kernel.value("1 + 1") == "2"


class TestInterrupt:
    @pytest.mark.parametrize("code", ["for {\n}", "time.Sleep(time.Hour)", "<-make(chan int)", "select {}", "var mu sync.Mutex\nmu.Lock()\nmu.Lock()"])
    def test_by_message_keeps_the_kernel(self, kernel, code):
        msg_id = kernel.kc.execute('fmt.Println("begun")\n' + code)
        queued = kernel.kc.execute("1")
        kernel.await_output(msg_id, "begun")
        begin = time.monotonic()
        kernel.interrupt()
        reply = kernel.reply(msg_id)["content"]
        assert reply["ename"] == "KeyboardInterrupt", reply
        assert time.monotonic() - begin < 4
        assert kernel.reply(queued)["content"]["status"] == "aborted"
        kernel.published(queued)
        assert kernel.value("1 + 1") == "2"

    def test_variables_stay(self, kernel):
        kernel.ok("kept := 5")
        msg_id = kernel.kc.execute('fmt.Println("begun")\nfor {\n}')
        kernel.await_output(msg_id, "begun")
        kernel.interrupt()
        kernel.reply(msg_id)
        kernel.published(msg_id)
        assert kernel.value("kept") == "5"

    def test_by_signal(self, kernel):
        msg_id = kernel.kc.execute('fmt.Println("begun")\nfor {\n}')
        kernel.await_output(msg_id, "begun")
        os.kill(kernel.km.provisioner.pid, signal.SIGINT)
        assert kernel.reply(msg_id)["content"]["ename"] == "KeyboardInterrupt"
        kernel.published(msg_id)
        kernel.ok("1")


def test_control_is_served_while_a_cell_runs(kernel):
    msg_id = kernel.kc.execute('fmt.Println("begun")\ntime.Sleep(3 * time.Second)')
    kernel.await_output(msg_id, "begun")
    begin = time.monotonic()
    kernel.reply(kernel.control("kernel_info_request"), "control")
    kernel.reply(kernel.kc.kernel_info())
    assert kernel.reply(kernel.kc.complete("strings.HasSuf"))["content"]["matches"] == ["HasSuffix"]
    assert time.monotonic() - begin < 2
    assert kernel.kc.hb_channel.is_beating()
    kernel.interrupt()
    kernel.published(msg_id)
    kernel.reply(msg_id)


def test_late_output_belongs_to_the_cell_that_started_it(kernel):
    msg_id = kernel.kc.execute('go func() {\n\ttime.Sleep(500 * time.Millisecond)\n\tfmt.Println("late")\n}()')
    kernel.reply(msg_id)
    kernel.published(msg_id)
    kernel.ok("1")
    kernel.await_output(msg_id, "late")


@pytest.mark.parametrize(
    "code, says",
    [
        ("os.Exit(3)", "os.Exit(3) was called"),
        ("func down(n int) int { return down(n+1) + 1 }\ndown(0)", "stack"),
    ],
)
def test_what_ends_a_process_does_not_end_the_kernel(kernel, code, says):
    kernel.ok("func survivor() int { return 7 }")
    error = kernel.fails(code)
    assert error["ename"] == "SessionLost" and says in error["evalue"], error
    assert kernel.value("survivor()") == "7"


def test_a_panic_of_a_goroutine_is_reported_and_ends_nothing(kernel):
    kernel.ok("here := 7")
    assert "far away" in kernel.printed('go func() { panic("far away") }()\ntime.Sleep(300 * time.Millisecond)', stream="stderr")
    assert kernel.value("here") == "7"


def test_comms_to_unknown_targets_are_closed(kernel):
    msg_id = kernel.shell("comm_open", {"comm_id": "c1", "target_name": "nobody", "data": {}})
    closed = [m["content"]["comm_id"] for m in kernel.published(msg_id) if m["msg_type"] == "comm_close"]
    assert closed == ["c1"]
    assert kernel.reply(kernel.kc.comm_info())["content"]["comms"] == {}


def test_a_new_subscriber_is_welcomed(kernel):
    kc = BlockingKernelClient()
    kc.load_connection_info(kernel.km.get_connection_info())
    kc.start_channels(shell=False, stdin=False, hb=False, control=False)
    first = kc.get_iopub_msg(timeout=TIMEOUT)
    kc.stop_channels()
    assert first["msg_type"] == "iopub_welcome" and first["content"] == {"subscription": ""} and first["parent_header"] == {}


def test_magics(kernel):
    kernel.ok("magicVar := 1.5")
    assert "magicVar" in kernel.printed("%who magicV")
    assert "time:" in kernel.printed("%time math.Sqrt(2)")
    assert "did you mean %time?" in kernel.fails("%tiem")["evalue"]


def test_restart_forgets_and_keeps_the_ports(fresh):
    fresh.ok("gone := 1")
    fresh.km.restart_kernel()
    fresh.kc.wait_for_ready(timeout=TIMEOUT)
    assert "undefined: gone" in fresh.fails("gone")["evalue"]


def test_ipc():
    km = KernelManager(kernel_name="go", transport="ipc")
    km.start_kernel()
    kc = km.client()
    kc.start_channels()
    kc.wait_for_ready(timeout=TIMEOUT)
    assert Kernel(km, kc).value("1 + 1") == "2"
    kc.stop_channels()
    km.shutdown_kernel()


def test_shutdown_ends_a_running_cell(fresh):
    msg_id = fresh.kc.execute('fmt.Println("begun")\nfor {\n}')
    fresh.await_output(msg_id, "begun")
    begin = time.monotonic()
    reply = fresh.reply(fresh.control("shutdown_request", {"restart": False}), "control")
    assert reply["content"] == {"status": "ok", "restart": False}
    wait_until(lambda: not fresh.km.is_alive())
    assert time.monotonic() - begin < 4


def test_a_kernel_ends_when_its_starter_dies():
    starter = subprocess.Popen(
        [sys.executable, "-c", "import time; from jupyter_client.manager import KernelManager, start_new_kernel as s; km, kc = s(kernel_name='go'); print(km.provisioner.pid, flush=True); time.sleep(999)"],
        stdout=subprocess.PIPE,
        text=True,
    )
    pid = int(starter.stdout.readline())
    starter.kill()
    starter.wait()
    wait_until(lambda: not running(pid))


def test_a_killed_kernel_leaves_no_process(fresh):
    pid = fresh.km.provisioner.pid
    fresh.ok("1")
    children = children_of(pid)
    assert children
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not any(running(c) for c in children))
