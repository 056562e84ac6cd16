"""Jobs in the notebook: what shows itself, what tasks print, and what an interrupt ends."""

import re
import time

import pytest
from jupyter_client.manager import start_new_kernel

from helpers import TIMEOUT, Kernel, plain, wait_until

SLOW = """func slow(x int) int { time.Sleep(100 * time.Millisecond); return x * x }

func idle(rc *client.Client) bool {
	s, err := rc.Status()
	if err != nil {
		return false
	}
	for _, e := range s.Engines {
		if e.Running > 0 || e.Queued > 0 {
			return false
		}
	}
	return true
}
"""


@pytest.fixture(scope="module", params=["interpreted", "native"])
def cluster(request):
    """A kernel with a cluster of two engines that it has started itself, in either tier."""
    km, kc = start_new_kernel(kernel_name="go")
    k = Kernel(km, kc)
    k.ok(f"%tier {request.param}")
    assert "a cluster of 2 engines has started" in k.printed("%cluster start -n 2")
    k.ok(f"rc := client.MustConnect()\nview := rc.LoadBalanced()\n{SLOW}")
    yield k
    kc.stop_channels()
    km.shutdown_kernel()


def states(messages):
    """The texts of what was displayed under one id, in their order."""
    bars = [m for m in messages if m["msg_type"] in ("display_data", "update_display_data")]
    assert len({m["content"]["transient"]["display_id"] for m in bars}) <= 1
    assert [m["msg_type"] for m in bars] == ["display_data"] * min(1, len(bars)) + ["update_display_data"] * (len(bars) - 1)
    return bars


def done(bar):
    found = re.search(r"(\d+)/\d+ \(\d+ %\)", bar["content"]["data"]["text/plain"])
    return int(found[1]) if found else None


def late(k, msg_id, until):
    """What is published for a cell, also after it has ended, until a message is as wanted."""
    messages = []
    deadline = time.monotonic() + TIMEOUT
    while not messages or not until(messages[-1]):
        assert time.monotonic() < deadline, messages
        msg = k.kc.get_iopub_msg(timeout=TIMEOUT)
        if msg["parent_header"].get("msg_id") == msg_id:
            messages.append(msg)
    return messages


def idle(k):
    return k.value("idle(rc)") == "true"


def is_value(text):
    return lambda m: m["msg_type"] == "update_display_data" and m["content"]["data"].get("text/plain") == text


def test_a_job_that_is_a_value_becomes_its_result(cluster):
    msg_id = cluster.kc.execute("view.MapAsync(slow, views.Range(0, 20))")
    assert cluster.reply(msg_id)["content"]["status"] == "ok"
    squares = "[" + " ".join(str(x * x) for x in range(20)) + "]"
    messages = late(cluster, msg_id, is_value(squares))
    ended = [m["content"].get("execution_state") for m in messages].index("idle")
    assert len(messages) - ended > 3  # the cell does not wait
    bars = states(messages)
    steps = [done(b) for b in bars[:-1]]
    assert steps == sorted(steps) and len(set(steps)) > 3, steps
    page = bars[0]["content"]["data"]["text/html"]
    assert 'class="gocluster-progress gocluster-running"' in page and "<progress" in page
    middle = bars[len(bars) // 2]["content"]["data"]
    assert "engine 0: " in middle["text/html"] and re.search(r"/s, .* left", middle["text/plain"]), middle


def test_a_job_that_fails_ends_as_its_error(cluster):
    msg_id = cluster.kc.execute("view.MapAsync(func(x int) int { time.Sleep(50 * time.Millisecond); return 10 / (x - 3) }, views.Range(0, 6))")
    assert cluster.reply(msg_id)["content"]["status"] == "ok"
    messages = late(cluster, msg_id, lambda m: m["msg_type"] == "stream")
    text = plain([messages[-1]["content"]["text"]])
    assert "element 3 (3): panic: runtime error: integer divide by zero" in text, text
    assert "gocluster-failed" in states(messages)[-1]["content"]["data"]["text/html"]


def test_a_call_that_waits_shows_a_bar(cluster):
    out = cluster.ok("view.Map(slow, views.Range(0, 60)).Get()")
    bars = states(out)
    steps = [done(b) for b in bars]
    assert steps == sorted(steps) and len(set(steps)) > 2 and steps[-1] == 60, steps
    assert "gocluster-done" in bars[-1]["content"]["data"]["text/html"]
    assert [m["msg_type"] for m in out][-1] == "execute_result"


def test_a_short_call_shows_none(cluster):
    assert [m["msg_type"] for m in cluster.ok("view.Map(slow, views.Range(0, 4)).Get()")] == ["execute_result"]


def test_what_tasks_print_and_display_is_labelled(cluster):
    out = cluster.ok(
        'rc.All().Apply(func() int { fmt.Println("on", os.Getenv("GOCLUSTER_ENGINE")); fmt.Fprintln(os.Stderr, "oh"); return 1 });')
    text = {name: "".join(m["content"]["text"] for m in out if m["msg_type"] == "stream" and m["content"]["name"] == name) for name in ("stdout", "stderr")}
    assert sorted(text["stdout"].splitlines()) == ["[stdout:0] on 0", "[stdout:1] on 1"]
    assert sorted(text["stderr"].splitlines()) == ["[stderr:0] oh", "[stderr:1] oh"]
    out = cluster.ok('rc.Engines(1).Apply(func() int { display.HTML("<b>bold</b>"); return 1 });')
    assert [m["content"]["data"].get("text/html") for m in out if m["msg_type"] == "display_data"] == ["<div><code>[output:1]</code></div>\n<b>bold</b>"]


def test_what_tasks_print_too_fast_is_withheld(cluster):
    out = cluster.ok('loud := view.Map(func(x int) int { for i := range 5000 { fmt.Println(x, i) }; return x }, views.Range(0, 4))')
    text = "".join(m["content"]["text"] for m in out if m["msg_type"] == "stream")
    lines = text.splitlines()
    note = re.search(r"\[(\d+) lines \(\d+ bytes\) that tasks printed came too fast to be shown here; the result's methods Stdout and Stderr have the text\]", text)
    shown = [l for l in lines if l.startswith("[stdout:")]
    assert note and int(note[1]) + len(shown) == 20000 and len(shown) < 2000, (len(shown), note)
    assert cluster.value('strings.Count(loud.Stdout(), "\\n")') == "20000"


@pytest.mark.parametrize("cell", [
    "view.Map(slow, views.Range(0, 10000))",
    "kept := view.MapAsync(slow, views.Range(0, 10000)); for {}",
    "go view.Map(slow, views.Range(0, 10000)); time.Sleep(time.Minute)",
    "rc.All().Apply(func() { for {} })",
    "rc.All().Execute(`for {}`)",
])
def test_an_interrupt_frees_the_engines(cluster, cell):
    other = cluster.ok("other := view.MapAsync(slow, views.Range(0, 4))")
    assert other == []
    cluster.ok("other.Get();")
    msg_id = cluster.kc.execute(f'fmt.Println("begun"); {cell}')
    cluster.await_output(msg_id, "begun")
    time.sleep(0.5)  # the engines are at it
    cluster.interrupt()
    began = time.monotonic()
    cluster.published(msg_id)
    assert cluster.reply(msg_id)["content"]["ename"] == "KeyboardInterrupt"
    while not idle(cluster):
        assert time.monotonic() - began < 1
    assert time.monotonic() - began < 1


def test_an_interrupt_leaves_other_cells_jobs(cluster):
    cluster.ok("mine := view.MapAsync(slow, views.Range(0, 30))")
    msg_id = cluster.kc.execute('fmt.Println("begun"); mine.Wait(ctx)')
    cluster.await_output(msg_id, "begun")
    cluster.interrupt()
    cluster.published(msg_id)
    assert cluster.reply(msg_id)["content"]["ename"] == "KeyboardInterrupt"
    assert cluster.value("len(func() []any { v, _ := mine.Get(); return v }())") == "30"
    assert cluster.value("mine.Progress()") == "30/30"


def test_long_tasks_show_how_far_they_are(cluster):
    """Two tasks of thirty elements each: what is known of them comes from within."""
    out = cluster.ok("view.Map(slow, views.Range(0, 60), views.ChunkSize(30)).Get()")
    steps = [done(b) for b in states(out)]
    assert len({s for s in steps if 0 < s < 60}) >= 2, steps
    assert any("2 running" in b["content"]["data"]["text/plain"] for b in states(out))


def test_clients_without_a_user_get_the_result(cluster):
    """nbconvert and papermill pass over what comes when a cell has ended."""
    out = cluster.ok("view.MapAsync(slow, views.Range(0, 20))", allow_stdin=False)
    assert [m["content"]["data"]["text/plain"] for m in out if m["msg_type"] == "execute_result"] == ["[" + " ".join(str(x * x) for x in range(20)) + "]"]
