"""Subshells: what is served while the main shell computes."""

import time

import pytest
from jupyter_client.manager import start_new_kernel

from helpers import TIMEOUT, Kernel


@pytest.fixture(scope="module", params=["native", "interpreted"])
def kernel(request):
    km, kc = start_new_kernel(kernel_name="go")
    k = Kernel(km, kc)
    k.ok(f"%tier {request.param}")
    k.tier = request.param
    out = k.ok("answer := 42\nstop := make(chan int)\nvar s = widgets.IntSlider()\ns.OnChange(func(v int) { if v == 7 { stop <- v }; if v == 9 { panic(\"nine\") } })")
    k.slider = [m["content"]["comm_id"] for m in out if m["msg_type"] == "comm_open"][-1]
    yield k
    kc.stop_channels()
    km.shutdown_kernel()


@pytest.fixture
def subshell(kernel):
    reply = kernel.reply(kernel.control("create_subshell_request"), "control")["content"]
    assert reply["status"] == "ok"
    yield reply["subshell_id"]
    kernel.reply(kernel.control("delete_subshell_request", {"subshell_id": reply["subshell_id"]}), "control")


def send(k, subshell, msg_type, content):
    msg = k.kc.session.msg(msg_type, content)
    msg["header"]["subshell_id"] = subshell
    k.kc.shell_channel.send(msg)
    return msg["header"]["msg_id"]


def execute(k, subshell, code, **options):
    return send(k, subshell, "execute_request", {"code": code, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False} | options)


def update(k, subshell, model, **state):
    return send(k, subshell, "comm_msg", {"comm_id": model, "data": {"method": "update", "state": state, "buffer_paths": []}})


def slide(k, subshell, value):
    return update(k, subshell, k.slider, value=value)


class Busy:
    """The main shell is computing: until a slider's callback says so, or an interrupt."""

    def __init__(self, k):
        self.k = k

    def __enter__(self):
        self.k.ok("s.SetValue(0)")
        self.id = self.k.kc.execute('fmt.Println("in")\nfmt.Println("got", <-stop)')
        self.k.await_output(self.id, "in")
        return self

    def __exit__(self, kind, *_):
        if kind:
            self.k.interrupt()


def replies(k, *ids):
    """The replies to requests, whichever comes first."""
    got = {}
    while set(got) != set(ids):
        msg = k.kc.get_shell_msg(timeout=TIMEOUT)
        got[msg["parent_header"]["msg_id"]] = msg["content"]
    return [got[i] for i in ids]


def test_the_kernel_says_that_it_has_subshells(kernel):
    info = kernel.reply(kernel.shell("kernel_info_request"))["content"]
    assert "kernel subshells" in info["supported_features"]


def test_subshells_are_made_listed_and_deleted(kernel):
    def control(what, content=None):
        msg_id = kernel.control(what + "_subshell_request", content)
        reply = kernel.reply(msg_id, "control")
        states = [m["content"]["execution_state"] for m in kernel.published(msg_id)]
        assert reply["msg_type"] == what + "_subshell_reply" and states == ["busy", "idle"]
        return reply["content"]

    before = control("list")["subshell_id"]
    a, b = control("create")["subshell_id"], control("create")["subshell_id"]
    assert a != b and control("list") == {"status": "ok", "subshell_id": before + [a, b]}
    assert control("delete", {"subshell_id": a}) == {"status": "ok"}
    assert control("list")["subshell_id"] == before + [b]
    again = control("delete", {"subshell_id": a})
    assert again["status"] == "error" and a in again["evalue"]
    # A request for a subshell that is gone is answered that it is.
    reply = kernel.reply(execute(kernel, a, "1"))["content"]
    assert reply["status"] == "error" and "no subshell" in reply["evalue"]
    control("delete", {"subshell_id": b})


def test_what_only_asks_is_answered_while_a_cell_computes(kernel, subshell):
    with Busy(kernel) as busy:
        for msg_type, content, want in [
            ("kernel_info_request", {}, lambda c: c["implementation"] == "gocluster"),
            ("complete_request", {"code": "answ", "cursor_pos": 4}, lambda c: c["matches"] == ["answer"]),
            ("inspect_request", {"code": "answer", "cursor_pos": 6, "detail_level": 0}, lambda c: c["found"]),
            ("is_complete_request", {"code": "for {"}, lambda c: c["status"] == "incomplete"),
            ("history_request", {"hist_access_type": "tail", "n": 1, "output": False, "raw": True}, lambda c: "got" in c["history"][0][2]),
            ("comm_info_request", {}, lambda c: c["comms"]),
        ]:
            msg_id = send(kernel, subshell, msg_type, content)
            reply = kernel.reply(msg_id)
            assert reply["parent_header"]["subshell_id"] == subshell
            assert want(reply["content"]), reply["content"]
            messages = kernel.published(msg_id)
            assert [m["content"]["execution_state"] for m in messages] == ["busy", "idle"]
            assert all(m["parent_header"]["subshell_id"] == subshell for m in messages)
        kernel.interrupt()
        assert kernel.reply(busy.id)["content"]["ename"] == "KeyboardInterrupt"


def test_magics_run_while_a_cell_computes(kernel, subshell):
    with Busy(kernel) as busy:
        for code, want in [("%who", "answer"), ("%help", "%px")]:
            msg_id = execute(kernel, subshell, code)
            assert kernel.reply(msg_id)["content"]["status"] == "ok"
            text = "".join(m["content"]["text"] for m in kernel.published(msg_id) if m["msg_type"] == "stream")
            assert want in text
        kernel.interrupt()
        kernel.reply(busy.id)


def test_a_callback_runs_while_a_cell_computes(kernel, subshell):
    with Busy(kernel) as busy:
        msg_id = slide(kernel, subshell, 7)
        seen = []
        idle = set()
        while not idle >= {msg_id, busy.id}:
            msg = kernel.kc.get_iopub_msg(timeout=TIMEOUT)
            seen.append(msg)
            if msg["content"].get("execution_state") == "idle":
                idle.add(msg["parent_header"]["msg_id"])
    echoes = [m for m in seen if m["msg_type"] == "comm_msg" and m["content"]["data"]["method"] == "echo_update"]
    assert len(echoes) == 1 and echoes[0]["parent_header"]["msg_id"] == msg_id
    assert "got 7\n" in "".join(m["content"]["text"] for m in seen if m["msg_type"] == "stream" and m["parent_header"]["msg_id"] == busy.id)
    assert kernel.reply(busy.id)["content"]["status"] == "ok"


def test_a_callbacks_panic_leaves_the_cell_alone(kernel, subshell):
    with Busy(kernel) as busy:
        for value in (9, 7):
            slide(kernel, subshell, value)
        seen = []
        while True:
            msg = kernel.kc.get_iopub_msg(timeout=TIMEOUT)
            seen.append(msg)
            if msg["parent_header"]["msg_id"] == busy.id and msg["content"].get("execution_state") == "idle":
                break
    assert kernel.reply(busy.id)["content"]["status"] == "ok"
    assert ["nine" in m["content"]["evalue"] for m in seen if m["msg_type"] == "error"] == [True]


def test_an_interrupt_reaches_callbacks_too(kernel, subshell):
    kernel.ok("var spin = widgets.Checkbox()\nspin.OnChange(func(bool) { fmt.Println(\"spinning\"); for {} })")
    opened = kernel.value("spin.ID()").strip('"')
    for busy in (False, True):
        main = kernel.kc.execute('fmt.Println("in")\nfor {}') if busy else None
        if main:
            kernel.await_output(main, "in")
        msg_id = update(kernel, subshell, opened, value=not busy)
        seen = []
        while not any(m["msg_type"] == "stream" for m in seen):
            seen.append(kernel.kc.get_iopub_msg(timeout=TIMEOUT))
        began = time.monotonic()
        kernel.interrupt()
        waiting = {msg_id, main} - {None}
        while waiting:
            msg = kernel.kc.get_iopub_msg(timeout=TIMEOUT)
            seen.append(msg)
            if msg["content"].get("execution_state") == "idle":
                waiting.discard(msg["parent_header"]["msg_id"])
        assert time.monotonic() - began < 5
        assert [m["content"]["ename"] for m in seen if m["msg_type"] == "error"] == ["KeyboardInterrupt"] * (2 if busy else 1)
        assert kernel.value("answer") == "42"


def test_go_waits_for_its_turn_unless_it_only_looks(kernel, subshell):
    with Busy(kernel) as busy:
        if kernel.tier == "native":  # what is evaluated and declares nothing runs beside
            msg_id = execute(kernel, subshell, "answer + 1")
            values = [m["content"]["data"]["text/plain"] for m in kernel.published(msg_id) if m["msg_type"] == "execute_result"]
            assert values == ["43"]
            assert kernel.reply(msg_id)["content"]["status"] == "ok"
        waits = execute(kernel, subshell, "more := answer + 2\nmore")
        while (msg := kernel.kc.get_iopub_msg(timeout=TIMEOUT))["msg_type"] != "execute_input":
            pass
        assert msg["parent_header"]["msg_id"] == waits
        kernel.interrupt()
        # The interrupt is for all: the cell that computes and the one that waits.
        for reply in replies(kernel, busy.id, waits):
            assert reply["ename"] == "KeyboardInterrupt"
    msg_id = execute(kernel, subshell, "more := answer + 2\nmore")
    assert kernel.reply(msg_id)["content"]["status"] == "ok"
    assert kernel.value("more") == "44"


def test_a_failure_on_a_subshell_holds_back_no_other_shell(kernel, subshell):
    with Busy(kernel) as busy:
        behind = kernel.kc.execute("1")
        assert kernel.reply(execute(kernel, subshell, "%nothing"))["content"]["status"] == "error"
        slide(kernel, subshell, 7)
        for reply in replies(kernel, busy.id, behind):
            assert reply["status"] == "ok"
