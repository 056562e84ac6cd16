"""What editors read from replies: the place of an error, as VS Code underlines it, and positions, which count code points."""

import re

import pytest

from helpers import plain

# VS Code finds the failing line of a cell by such a line of the traceback, without its colours.
PLACE = re.compile(r"Cell\s+In\s*\[(\d+)\],\s*line (\d+)")


def places(error):
    return [(int(n), int(line)) for n, line in PLACE.findall(plain(error["traceback"]))]


@pytest.mark.parametrize(
    ("cell", "line"),
    [
        ("x := 1\nx = \"text\"", 2),
        ("\n\nfmt.Println(undefinedName)", 3),
        ("func f(xs []int) int {\n\treturn xs[3]\n}\nf(nil)", 2),
        ("y := 0\nfmt.Println(\"🎉\")\n1 / y", 3),
    ],
)
def test_a_traceback_names_the_cell_and_line_first(kernel, cell, line):
    count = kernel.value('"🎉"') and kernel.reply(kernel.kc.execute("1"))["content"]["execution_count"] + 1
    error = kernel.fails(cell)
    assert places(error)[0] == (count, line), plain(error["traceback"])
    # Every line of it is a text of its own, or a joined text would do as well; colours are ANSI's.
    assert all(isinstance(text, str) for text in error["traceback"])
    assert "\x1b[" in "".join(error["traceback"])


def test_an_interrupt_has_the_name_that_editors_do_not_underline(kernel):
    msg_id = kernel.kc.execute('fmt.Println("begun"); time.Sleep(time.Hour)')
    kernel.await_output(msg_id, "begun")
    kernel.interrupt()
    assert kernel.reply(msg_id)["content"]["ename"] == "KeyboardInterrupt"


BEFORE = ["", "/* é */ ", "/* 🎉 */ ", 's := "日本🎉👩‍👩‍👧"; ', "/* 🎉\n🎉 */\n"]


@pytest.mark.parametrize("before", BEFORE)
def test_completion_counts_code_points(kernel, before):
    code = before + "strings.Repe + 1"
    cursor = len(before) + len("strings.Repe")  # Python's strings count code points, as the protocol does
    reply = kernel.reply(kernel.kc.complete(code, cursor))["content"]
    assert reply["matches"] == ["Repeat"]
    start = len(before) + len("strings.")
    assert (reply["cursor_start"], reply["cursor_end"]) == (start, cursor)
    for typed in reply["metadata"].get("_jupyter_types_experimental", []):
        assert (typed["start"], typed["end"]) == (start, cursor)


@pytest.mark.parametrize("before", BEFORE)
def test_inspection_counts_code_points(kernel, before):
    code = before + "strings.Repeat"
    reply = kernel.reply(kernel.kc.inspect(code, len(before) + len("strings.Re")))["content"]
    assert reply["found"] and "func strings.Repeat" in reply["data"]["text/plain"]


@pytest.mark.parametrize("cursor", [-1, 10_000, 14 + 1])
def test_a_position_outside_of_the_text_is_answered(kernel, cursor):
    """VS Code counts UTF-16 units: behind an emoji its positions may lie after the end."""
    assert kernel.reply(kernel.kc.complete("/* 🎉 */ x", cursor))["content"]["status"] == "ok"
    assert kernel.reply(kernel.kc.inspect("/* 🎉 */ x", cursor))["content"]["status"] == "ok"
