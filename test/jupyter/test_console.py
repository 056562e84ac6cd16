"""`jupyter console` in a terminal: its prompt, several lines, completion, an interrupt, its end."""

import os
import re
import signal

import pexpect
import pytest

TIMEOUT = 60
KEYS = {"tab": "\t", "enter": "\r", "ctrl-c": "\x03", "ctrl-d": "\x04", "alt-enter": "\x1b\r"}


class Console:
    def __init__(self):
        env = dict(os.environ, TERM="xterm", COLUMNS="100", LINES="40", PROMPT_TOOLKIT_NO_CPR="1")
        self.child = pexpect.spawn("jupyter", ["console", "--kernel=go"], env=env, dimensions=(40, 100), timeout=TIMEOUT, encoding="utf-8")

    def send(self, *keys):
        for key in keys:
            self.child.send(KEYS.get(key, key))

    def sees(self, text):
        """Waits for text on the screen; colours, movements of the cursor and blanks may be between its characters."""
        self.child.expect(r"(?:\x1b\[[0-9;?]*[A-Za-z]|\s)*".join(re.escape(c) for c in text if c != " "))


@pytest.fixture
def console():
    c = Console()
    yield c
    c.child.close(force=True)


def test_a_session_at_the_console(console):
    console.sees("In [1]:")
    console.send("x := 6 * 7", "enter")
    console.sees("In [2]:")
    console.send("x", "enter")
    console.sees("42")
    console.sees("In [3]:")
    # A function that is not finished is continued on the next line.
    console.send("func double(n int) int {", "enter")
    console.sees("...:")
    console.send("return 2 * n", "enter", "}", "enter")
    console.sees("In [4]:")
    console.send("double(x)", "enter")
    console.sees("84")
    console.sees("In [5]:")
    console.send("strings.ToUp", "tab")
    console.sees("ToUpperSpecial")
    console.send("ctrl-c")  # clears the line
    console.send('fmt.Println("be" + "gun"); time.Sleep(time.Hour)', "enter")
    console.sees("begun")
    console.child.kill(signal.SIGINT)
    console.sees("KeyboardInterrupt")
    console.sees("In [6]:")
    console.send("undefinedName", "enter")
    console.sees("undefined: undefinedName")
    console.sees("In [7]:")
    console.send("ctrl-d")
    # It asks whether to exit; the kernel goes with it, as the suite's last check of processes sees.
    if console.child.expect([r"\(\[?y\]?/n\)", pexpect.EOF]) == 0:
        console.send("y", "enter")
        console.child.expect(pexpect.EOF)
    console.child.wait()
