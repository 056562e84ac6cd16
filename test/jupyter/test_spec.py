"""What the protocol's specification says about each message, and what clients have learnt to expect of kernels that follow it."""

import os
import signal
import time

import pytest
from jupyter_client.manager import start_new_kernel

from helpers import TIMEOUT, Kernel, plain, running, wait_until


def displayed(messages, msg_type="display_data"):
    return [m["content"] for m in messages if m["msg_type"] == msg_type]


class TestExecute:
    def test_the_input_is_echoed_with_its_number(self, kernel):
        msg_id = kernel.kc.execute("40 + 2")
        types = [m["msg_type"] for m in kernel.published(msg_id)]
        assert types == ["status", "execute_input", "execute_result", "status"]
        reply = kernel.reply(msg_id)
        assert reply["content"]["payload"] == [] and reply["content"]["user_expressions"] == {}
        msg_id = kernel.kc.execute("a := 1 // the same text")
        echo = next(m["content"] for m in kernel.published(msg_id) if m["msg_type"] == "execute_input")
        assert echo == {"code": "a := 1 // the same text", "execution_count": reply["content"]["execution_count"] + 1}
        kernel.reply(msg_id)

    def test_an_empty_cell_is_a_cell(self, kernel):
        first = kernel.run("1")[0]["content"]["execution_count"]
        for i, code in enumerate(["", " \n\t\n", "// only said"]):
            reply, outputs = kernel.run(code)
            assert (reply["content"]["status"], reply["content"]["execution_count"], outputs) == ("ok", first + 1 + i, [])

    def test_a_silent_cell_is_not_stored_even_if_asked(self, kernel):
        before = kernel.run("1")[0]["content"]["execution_count"]
        kernel.run('"silent, stored?"', silent=True, store_history=True)
        assert kernel.run("1")[0]["content"]["execution_count"] == before + 1
        found = kernel.reply(kernel.kc.history(hist_access_type="search", pattern="*silent, stored?*"))["content"]["history"]
        assert found == []

    def test_a_silent_failure_says_so_in_the_reply_only(self, kernel):
        queued = [kernel.kc.execute('time.Sleep(100 * time.Millisecond); panic("quiet")', silent=True), kernel.kc.execute("1")]
        assert [m["msg_type"] for m in kernel.published(queued[0])] == ["status", "status"]
        assert [kernel.reply(i)["content"]["status"] for i in queued] == ["error", "ok"]

    def test_the_metadata_tell_when_the_cell_began(self, kernel):
        assert kernel.run("1")[0]["metadata"]["started"].endswith("Z")

    def test_user_expressions_of_a_failed_cell_are_not_evaluated(self, kernel):
        reply, _ = kernel.run('panic("no")', user_expressions={"a": "1"})
        assert not reply["content"].get("user_expressions")

    def test_a_failing_user_expression_fails_alone(self, kernel):
        reply, outputs = kernel.run("7", user_expressions={"div": "1 / zero()", "un": "undefinedName", "fine": "6 * 7", "none": 'fmt.Print("x"); _ = 1', "empty": ""})
        values = reply["content"]["user_expressions"]
        assert reply["content"]["status"] == "ok" and [m["msg_type"] for m in outputs] == ["execute_result"]
        assert values["fine"]["data"] == {"text/plain": "42"} and values["fine"]["metadata"] == {}
        for name in ("div", "un", "none", "empty"):
            assert values[name]["status"] == "error" and values[name]["ename"] and isinstance(values[name]["traceback"], list), values[name]
        assert kernel.value("1") == "1"

    def test_cells_behind_a_failure_are_aborted_and_the_rest_is_answered(self, kernel):
        count = kernel.run("1")[0]["content"]["execution_count"]
        failing = kernel.kc.execute('time.Sleep(300 * time.Millisecond); panic("first")')
        behind = [kernel.kc.execute(f"ran{i} := 1") for i in range(3)]
        others = [
            kernel.kc.kernel_info(),
            kernel.kc.comm_info(),
            kernel.kc.is_complete("1"),
            kernel.kc.inspect("fmt.Println"),
            kernel.kc.complete("fmt.Pr"),
            kernel.kc.history(hist_access_type="tail", n=1),
        ]
        status, number = {}, {}
        while len(status) < 10:
            msg = kernel.kc.get_shell_msg(timeout=TIMEOUT)
            status[msg["parent_header"]["msg_id"]] = msg["content"]["status"]
            number[msg["parent_header"]["msg_id"]] = msg["content"].get("execution_count")
        assert status[failing] == "error"
        assert [status[i] for i in behind] == ["aborted"] * 3
        assert [number[i] for i in behind] == [count + 1] * 3
        assert all(status[i] != "aborted" and status[i] != "error" for i in others), status
        states = {i: [m["content"].get("execution_state") for m in kernel.published(behind[-1])] for i in behind[-1:]}
        assert states[behind[-1]] == ["busy", "idle"]
        assert "undefined: ran0" in kernel.fails("ran0")["evalue"]


class TestHistory:
    def history(self, kernel, **request):
        return kernel.reply(kernel.kc.history(**request))["content"]["history"]

    def test_tail_range_and_search(self, kernel):
        first = kernel.run("hist1 := 1")[0]["content"]["execution_count"]
        kernel.ok("hist1 + 1")
        kernel.ok("hist1 + 2")
        tail = self.history(kernel, hist_access_type="tail", n=2, output=False)
        assert [t[1:] for t in tail] == [[first + 1, "hist1 + 1"], [first + 2, "hist1 + 2"]]
        tail = self.history(kernel, hist_access_type="tail", n=2, output=True)
        assert [t[2] for t in tail] == [["hist1 + 1", "2"], ["hist1 + 2", "3"]]
        ranged = self.history(kernel, hist_access_type="range", session=0, start=first, stop=first + 2)
        assert [r[1:] for r in ranged] == [[first, "hist1 := 1"], [first + 1, "hist1 + 1"]]
        found = self.history(kernel, hist_access_type="search", pattern="hist1 + ?")
        assert [f[2] for f in found][-2:] == ["hist1 + 1", "hist1 + 2"]
        kernel.ok("hist1 + 1")
        unique = self.history(kernel, hist_access_type="search", pattern="hist1 + ?", unique=True, n=5)
        assert [u[2] for u in unique] == ["hist1 + 2", "hist1 + 1"]

    def test_restarts_keep_it(self, fresh):
        fresh.ok("beforeTheRestart := 1")
        fresh.km.restart_kernel()
        fresh.kc.wait_for_ready(timeout=TIMEOUT)
        found = self.history(fresh, hist_access_type="search", pattern="beforeTheRestart*")
        assert found[-1][2] == "beforeTheRestart := 1"
        last = self.history(fresh, hist_access_type="range", session=-1, start=1, stop=0)
        assert last[-1][2] == "beforeTheRestart := 1"


class TestAssistance:
    def test_what_is_unknown_is_not_found(self, kernel):
        content = kernel.reply(kernel.kc.inspect("noSuchName"))["content"]
        assert content == {"status": "ok", "found": False, "data": {}, "metadata": {}}

    @pytest.mark.parametrize("level", [0, 1])
    def test_what_is_known_is_described(self, kernel, level):
        content = kernel.reply(kernel.kc.inspect("strings.Split", detail_level=level))["content"]
        assert content["found"] and "func strings.Split" in content["data"]["text/plain"]

    def test_a_variable_is_inspected_with_its_value(self, kernel):
        kernel.ok('inspected := "its value"')
        assert "its value" in kernel.reply(kernel.kc.inspect("inspected"))["content"]["data"]["text/plain"]

    def test_nothing_to_complete(self, kernel):
        content = kernel.reply(kernel.kc.complete("noSuchName.x"))["content"]
        assert content["matches"] == [] and content["status"] == "ok" and isinstance(content["metadata"], dict)


class TestDisplays:
    def test_an_area_changes_under_its_id(self, kernel):
        messages = kernel.ok('var area display.Area\narea.Text("one")\narea.Text("two")')
        first, second = displayed(messages), displayed(messages, "update_display_data")
        assert len(first) == 1 and first[0]["data"]["text/plain"] == "one"
        assert second[-1]["data"]["text/plain"] == "two"
        assert second[-1]["transient"]["display_id"] == first[0]["transient"]["display_id"] != ""

    def test_a_goroutine_changes_it_after_its_cell(self, kernel):
        msg_id = kernel.kc.execute('var later display.Area\nlater.Text("begun")\ngo func() {\n\ttime.Sleep(500 * time.Millisecond)\n\tlater.Text("ended")\n\tdisplay.Text("another")\n}()')
        shown = displayed(kernel.published(msg_id))[0]
        kernel.reply(msg_id)
        kernel.ok("1")
        late = [kernel.kc.get_iopub_msg(timeout=TIMEOUT) for _ in range(2)]
        assert [m["msg_type"] for m in late] == ["update_display_data", "display_data"]
        assert [m["content"]["data"]["text/plain"] for m in late] == ["ended", "another"]
        assert late[0]["content"]["transient"]["display_id"] == shown["transient"]["display_id"]
        assert all(m["parent_header"]["msg_id"] == msg_id for m in late)

    def test_clearing(self, kernel):
        kinds = [(m["msg_type"], m["content"].get("wait")) for m in kernel.ok('fmt.Println("a"); display.ClearLater(); fmt.Println("b"); display.Clear()')]
        assert kinds == [("stream", None), ("clear_output", True), ("stream", None), ("clear_output", False)]


def test_goroutines_print_to_the_cell_that_started_them(kernel):
    """Also those that goroutines of an earlier cell start, while a later cell prints itself."""
    first = kernel.kc.execute(
        """go func() {
	var wg sync.WaitGroup
	for i := range 3 {
		wg.Add(1)
		go func() { defer wg.Done(); time.Sleep(600 * time.Millisecond); fmt.Println("of the first", i) }()
	}
	wg.Wait()
	fmt.Fprintln(os.Stderr, "first ends")
}()"""
    )
    second = kernel.kc.execute('for range 12 { fmt.Println("of the second"); time.Sleep(100 * time.Millisecond) }')
    printed = {first: "", second: ""}
    idle = 0
    while idle < 2 or "first ends" not in printed[first]:
        msg = kernel.kc.get_iopub_msg(timeout=TIMEOUT)
        if msg["msg_type"] == "stream":
            printed[msg["parent_header"]["msg_id"]] += msg["content"]["text"]
        idle += msg["content"].get("execution_state") == "idle" and msg["parent_header"]["msg_id"] in printed
    assert sorted(printed[first].splitlines()) == ["first ends"] + [f"of the first {i}" for i in range(3)]
    assert printed[second] == "of the second\n" * 12
    kernel.reply(second)


class TestControl:
    def test_it_overtakes_what_waits_on_shell(self, kernel):
        cells = [kernel.kc.execute(f'fmt.Println("cell {i}"); time.Sleep(300 * time.Millisecond)') for i in range(5)]
        kernel.await_output(cells[0], "cell 0")
        begin = time.monotonic()
        asked = kernel.control("kernel_info_request")
        kernel.reply(asked, "control")
        assert time.monotonic() - begin < 1
        for c in cells:
            assert kernel.reply(c)["content"]["status"] == "ok"
        order = []
        while cells[-1] not in order:
            msg = kernel.kc.get_iopub_msg(timeout=TIMEOUT)
            if msg["content"].get("execution_state") == "idle":
                order.append(msg["parent_header"]["msg_id"])
        assert order.index(asked) < order.index(cells[1])

    def test_its_requests_are_answered_one_after_the_other(self, kernel):
        asked = [kernel.control("kernel_info_request") for _ in range(50)]
        assert [kernel.kc.get_control_msg(timeout=TIMEOUT)["parent_header"]["msg_id"] for _ in asked] == asked
        seen = []
        while len(seen) < 2 * len(asked):
            msg = kernel.kc.get_iopub_msg(timeout=TIMEOUT)
            if msg["parent_header"]["msg_id"] in asked:
                seen.append((msg["parent_header"]["msg_id"], msg["content"]["execution_state"]))
        assert seen == [(i, state) for i in asked for state in ("busy", "idle")]


class TestInput:
    def ask(self, kernel, code):
        msg_id = kernel.kc.execute(code, allow_stdin=True)
        request = kernel.kc.get_stdin_msg(timeout=TIMEOUT)
        assert request["parent_header"]["msg_id"] == msg_id
        return msg_id, request["content"]

    def test_every_way_of_reading_shares_the_lines(self, kernel):
        msg_id, _ = self.ask(kernel, 'var word string\nvar n int\nfmt.Scan(&word, &n)\nline, _ := bufio.NewReader(os.Stdin).ReadString(\'\\n\')\nfmt.Printf("%s %d %q", word, n, line)')
        kernel.kc.input("five 5")
        assert kernel.kc.get_stdin_msg(timeout=TIMEOUT)["msg_type"] == "input_request"
        kernel.kc.input("a whole line")
        printed = "".join(m["content"]["text"] for m in kernel.published(msg_id) if m["msg_type"] == "stream")
        assert printed == 'five 5 "a whole line\\n"'
        kernel.reply(msg_id)

    def test_a_prompt_is_passed_on(self, kernel):
        msg_id, request = self.ask(kernel, 'name, _ := display.Input("name? ")\nname')
        assert request == {"prompt": "name? ", "password": False}
        kernel.kc.input("nobody")
        result = displayed(kernel.published(msg_id), "execute_result")
        assert result[0]["data"]["text/plain"] == "nobody"
        kernel.reply(msg_id)

    def test_an_end_of_input(self, kernel):
        msg_id, _ = self.ask(kernel, "_, err := fmt.Scan(new(int))\nerr == io.EOF")
        kernel.kc.input("\x04")
        assert displayed(kernel.published(msg_id), "execute_result")[0]["data"]["text/plain"] == "true"
        kernel.reply(msg_id)

    @pytest.mark.parametrize("code", ["_, e := fmt.Scan(new(int))\ne", "_, e := bufio.NewReader(os.Stdin).ReadString('\\n')\ne", 'display.Password("p")'])
    def test_where_it_is_not_allowed_reading_fails_at_once(self, kernel, code):
        begin = time.monotonic()
        reply, _ = kernel.run(code, allow_stdin=False)
        assert reply["content"]["status"] == "error" or time.monotonic() - begin < 5, reply
        assert "allow_stdin" in plain(reply["content"].get("traceback", ["allow_stdin"]))
        assert time.monotonic() - begin < 5
        assert not kernel.kc.stdin_channel.msg_ready()

    def test_an_interrupted_question_is_over(self, kernel):
        msg_id, _ = self.ask(kernel, 'display.Input("?")')
        kernel.interrupt()
        assert kernel.reply(msg_id)["content"]["ename"] == "KeyboardInterrupt"
        kernel.published(msg_id)
        kernel.kc.input("too late")
        msg_id, request = self.ask(kernel, 'again, _ := display.Input("again? ")\nagain')
        assert request["prompt"] == "again? "
        kernel.kc.input("in time")
        assert displayed(kernel.published(msg_id), "execute_result")[0]["data"]["text/plain"] == "in time"
        kernel.reply(msg_id)


# Programs that a cell starts.
STARTED = {
    "a program": 'started := exec.Command("sleep", "1000")\nstarted.Start()\nstarted.Process.Pid',
    "one that starts others": 'started := exec.Command("sh", "-c", "sleep 1000 & sleep 1000")\nstarted.Start()\nstarted.Process.Pid',
}


@pytest.mark.parametrize("code", STARTED.values(), ids=STARTED)
@pytest.mark.parametrize("end", ["shutdown", "restart", "kill", "crash"])
def test_what_cells_have_started_ends_with_the_kernel(fresh, end, code):
    pid = int(fresh.value(code))
    assert running(pid)
    if end == "shutdown":
        fresh.km.shutdown_kernel()
    elif end == "restart":
        fresh.km.restart_kernel()
        fresh.kc.wait_for_ready(timeout=TIMEOUT)
    elif end == "kill":
        os.kill(fresh.km.provisioner.pid, signal.SIGKILL)
    else:
        fresh.fails("os.Exit(3)")
    wait_until(lambda: not running(pid))


def test_what_has_been_detached_stays(fresh):
    pid = int(fresh.value('detached := exec.Command("sleep", "1000")\ndetached.SysProcAttr = &syscall.SysProcAttr{Setsid: true}\ndetached.Start()\ndetached.Process.Pid'))
    fresh.km.shutdown_kernel()
    try:
        assert running(pid)
    finally:
        os.kill(pid, signal.SIGKILL)


def test_the_kernelspec_asks_for_interrupts_by_message(kernel):
    assert kernel.km.kernel_spec.interrupt_mode == "message"
    msg_id = kernel.kc.execute('fmt.Println("begun")\nselect {}')
    kernel.await_output(msg_id, "begun")
    kernel.km.interrupt_kernel()
    assert kernel.reply(msg_id)["content"]["ename"] == "KeyboardInterrupt"
    kernel.published(msg_id)


def test_requests_without_optional_fields(kernel):
    """Clients leave out what has a default."""
    for msg_type, content in [
        ("execute_request", {"code": "1"}),
        ("complete_request", {"code": "fmt.Pr"}),
        ("inspect_request", {"code": "fmt.Println"}),
        ("history_request", {"hist_access_type": "tail", "n": 3}),
        ("comm_info_request", {}),
    ]:
        assert kernel.reply(kernel.shell(msg_type, content))["content"]["status"] == "ok", msg_type


def test_a_starting_status_without_a_parent():
    """Who is subscribed when the kernel starts sees that it does, before anything else."""
    km, kc = start_new_kernel(kernel_name="go")
    km.restart_kernel()
    deadline = time.monotonic() + TIMEOUT
    while True:
        msg = kc.get_iopub_msg(timeout=TIMEOUT)
        if msg["content"].get("execution_state") == "starting" or not msg["parent_header"] and msg["msg_type"] == "iopub_welcome":
            break
        assert time.monotonic() < deadline
    Kernel(km, kc).kc.stop_channels()
    km.shutdown_kernel()
