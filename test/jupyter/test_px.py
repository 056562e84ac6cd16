"""The cluster in the notebook: %cluster and %%px."""

import re
import time

import pytest
from jupyter_client.manager import start_new_kernel

from helpers import TIMEOUT, Kernel, plain

ENGINE = 'os.Getenv("GOCLUSTER_ENGINE")'


@pytest.fixture(scope="module")
def cluster():
    """A kernel with a cluster of three engines that it has started itself."""
    km, kc = start_new_kernel(kernel_name="go")
    k = Kernel(km, kc)
    assert "a cluster of 3 engines has started" in k.printed("%cluster start -n 3")
    yield k
    kc.stop_channels()
    km.shutdown_kernel()


def shown(messages, mime="text/plain"):
    """What was displayed, in one format."""
    return [m["content"]["data"][mime] for m in messages if m["msg_type"] == "display_data" and mime in m["content"]["data"]]


def test_cells_find_the_cluster(cluster):
    assert cluster.value("client.MustConnect().IDs()") == "[0 1 2]"


def test_streams_and_results(cluster):
    out = cluster.ok(f'%%px\nimport "os"\nfmt.Println("on", {ENGINE})\nfmt.Fprintln(os.Stderr, "oh")\nx := 20\nx + 1')
    text = {name: "".join(m["content"]["text"] for m in out if m["msg_type"] == "stream" and m["content"]["name"] == name) for name in ("stdout", "stderr")}
    assert sorted(text["stdout"].splitlines()) == [f"[stdout:{i}] on {i}" for i in range(3)]
    assert sorted(text["stderr"].splitlines()) == [f"[stderr:{i}] oh" for i in range(3)]
    assert shown(out) == [f"Out[{i}:1]: 21" for i in range(3)]
    assert shown(cluster.ok("%px --targets ::2 x + 2")) == ["Out[0:2]: 22", "Out[2:2]: 22"]


def test_what_engines_print_comes_at_once(cluster):
    msg_id = cluster.kc.execute('%%px --targets 1\nfmt.Println("first")\ntime.Sleep(1500 * time.Millisecond)\n')
    began = time.monotonic()
    cluster.await_output(msg_id, "[stdout:1] first")
    assert time.monotonic() - began < 1
    assert cluster.reply(msg_id)["content"]["status"] == "ok"


def test_an_error_on_one_engine_names_the_line(cluster):
    error = cluster.fails(f'%%px\nimport "os"\n\nif {ENGINE} == "1" {{ panic("no") }}\n5')
    assert error["ename"] == "EngineError" and error["evalue"] == "[engine 1] panic: no"
    assert re.search(r"Cell In\[\d+\], line 4\n.*\n.*\n----> 4 \| if", plain(error["traceback"])), plain(error["traceback"])


def test_the_same_error_on_all_is_said_once(cluster):
    error = cluster.fails("%px nope")
    assert error["ename"] == "CompositeError" and error["evalue"] == "3 engines, 1 distinct"
    assert plain(error["traceback"]).count("undefined: nope") == 1


def test_what_engines_display_is_labelled(cluster):
    out = cluster.ok('%%px --targets 2\ndisplay.HTML("<b>bold</b>")\ndisplay.Image(image.NewRGBA(image.Rect(0, 0, 2, 2)))')
    assert shown(out, "text/html") == ["<div><code>[output:2]</code></div>\n<b>bold</b>"]
    assert len(shown(out, "image/png")) == 1 and "[output:2]" in shown(out)


def test_progress_is_one_display_that_changes(cluster):
    out = cluster.ok("%px --progress-after 0.2 time.Sleep(600 * time.Millisecond)")
    bars = [m for m in out if m["msg_type"] in ("display_data", "update_display_data")]
    assert bars[0]["msg_type"] == "display_data" and "<progress" in bars[0]["content"]["data"]["text/html"]
    assert len({m["content"]["transient"]["display_id"] for m in bars}) == 1 and len(bars) > 1
    assert "3/3 engines done" in bars[-1]["content"]["data"]["text/plain"]


def test_an_interrupt_reaches_the_engines(cluster):
    msg_id = cluster.kc.execute('%%px\nfmt.Println("begun")\nfor i := 0; ; i++ {\n}')
    cluster.await_output(msg_id, "begun")
    began = time.monotonic()
    cluster.interrupt()
    out = cluster.published(msg_id)
    reply = cluster.reply(msg_id)["content"]
    assert reply["status"] == "error" and reply["ename"] == "KeyboardInterrupt"
    assert any("%px: cancelled on engines 0-2" in m["content"].get("text", "") for m in out if m["msg_type"] == "stream")
    assert shown(cluster.ok("%px 1")) != []
    assert time.monotonic() - began < 2


def test_results_become_a_variable(cluster):
    cluster.ok(f'%%px --out names\nimport "os"\n"engine " + {ENGINE}')
    assert cluster.value('strings.Join(names, ", ")') == "engine 0, engine 1, engine 2"


def test_later(cluster):
    began = time.monotonic()
    assert "%pxresult" in cluster.printed("%px --noblock time.Sleep(time.Second); 7")
    assert time.monotonic() - began < 1
    assert [t.split(": ")[1] for t in shown(cluster.ok("%pxresult"))] == ["7", "7", "7"]


def test_engines_as_a_table(cluster):
    out = cluster.ok("%cluster engines")
    assert shown(out, "text/html")[0].count("<tr>") == 4
    assert shown(out)[0].startswith("ENGINE")


def test_a_watched_table_changes_while_other_cells_run(cluster):
    table = cluster.kc.execute("%cluster engines --watch 20")
    cluster.published(table)
    cell = cluster.kc.execute("%px time.Sleep(2 * time.Second)")
    busy = idle = False
    while not idle:
        msg = cluster.kc.get_iopub_msg(timeout=TIMEOUT)
        parent = msg["parent_header"].get("msg_id")
        if parent == table and msg["msg_type"] == "update_display_data":
            busy |= "busy" in msg["content"]["data"]["text/plain"]
        idle = parent == cell and msg["content"].get("execution_state") == "idle"
    assert busy
    cluster.reply(table), cluster.reply(cell)


def test_a_cluster_ends(fresh):
    assert "no cluster is running: `%cluster start -n 4`" in fresh.fails("%px 1")["evalue"]
    fresh.ok("%cluster start -n 1")
    assert shown(fresh.ok("%px 1")) == ["Out[0:1]: 1"]
    assert fresh.printed("%cluster stop").strip() == "the cluster has stopped"
    fresh.fails("%px 1")
