"""A kernel and its client, with the few calls that the tests need."""

import os
import re
import time
from queue import Empty

TIMEOUT = 30


class Kernel:
    def __init__(self, km, kc):
        self.km, self.kc = km, kc

    def reply(self, msg_id, channel="shell"):
        """The reply to a request."""
        get = self.kc.get_shell_msg if channel == "shell" else self.kc.get_control_msg
        while True:
            msg = get(timeout=TIMEOUT)
            if msg["parent_header"].get("msg_id") == msg_id:
                return msg

    def published(self, msg_id, until_idle=True):
        """What is published for a request, busy and idle included."""
        messages = []
        while True:
            msg = self.kc.get_iopub_msg(timeout=TIMEOUT)
            if msg["parent_header"].get("msg_id") != msg_id:
                continue
            messages.append(msg)
            if msg["msg_type"] == "status" and msg["content"]["execution_state"] == "idle":
                return messages

    def await_output(self, msg_id, text=""):
        """Waits until a running cell has printed text."""
        while True:
            msg = self.kc.get_iopub_msg(timeout=TIMEOUT)
            if msg["parent_header"].get("msg_id") == msg_id and msg["msg_type"] == "stream" and text in msg["content"]["text"]:
                return

    def run(self, code, **options):
        """Executes a cell; the reply and what it published between busy and idle, without the input."""
        msg_id = self.kc.execute(code, **options)
        messages = self.published(msg_id)
        states = [m["content"]["execution_state"] for m in messages if m["msg_type"] == "status"]
        assert states == ["busy", "idle"] and messages[0]["msg_type"] == "status", messages
        return self.reply(msg_id), [m for m in messages[1:-1] if m["msg_type"] != "execute_input"]

    def ok(self, code, **options):
        """Executes a cell that must succeed; what it published."""
        reply, outputs = self.run(code, **options)
        assert reply["content"]["status"] == "ok", reply["content"]
        return outputs

    def printed(self, code, stream="stdout", **options):
        return "".join(m["content"]["text"] for m in self.ok(code, **options) if m["msg_type"] == "stream" and m["content"]["name"] == stream)

    def value(self, code):
        """The text of the value of a cell's last expression."""
        results = [m for m in self.ok(code) if m["msg_type"] == "execute_result"]
        assert len(results) == 1, f"{len(results)} results of {code}"
        return results[0]["content"]["data"]["text/plain"]

    def fails(self, code, **options):
        """Executes a cell that must fail; the error, which must be the same in the reply and, once, on iopub."""
        reply, outputs = self.run(code, **options)
        content = reply["content"]
        assert content["status"] == "error", content
        errors = [m["content"] for m in outputs if m["msg_type"] == "error"]
        assert len(errors) == 1, outputs
        for field in ("ename", "evalue", "traceback"):
            assert errors[0][field] == content[field], field
        return content

    def control(self, msg_type, content=None):
        """Sends a request on control; its id."""
        msg = self.kc.session.msg(msg_type, content or {})
        self.kc.control_channel.send(msg)
        return msg["header"]["msg_id"]

    def shell(self, msg_type, content=None):
        msg = self.kc.session.msg(msg_type, content or {})
        self.kc.shell_channel.send(msg)
        return msg["header"]["msg_id"]

    def interrupt(self):
        self.reply(self.control("interrupt_request"), "control")

    def quiet(self, seconds=0.3):
        """Asserts that nothing more is published."""
        try:
            msg = self.kc.get_iopub_msg(timeout=seconds)
        except Empty:
            return
        raise AssertionError(f"published: {msg['msg_type']} {msg['content']}")


def plain(lines):
    """Text without colours."""
    return re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(lines))


def wait_until(what, seconds=TIMEOUT):
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it has not happened"
        time.sleep(0.02)


def children_of(pid):
    found = []
    for proc in os.listdir("/proc"):
        try:
            with open(f"/proc/{proc}/stat") as f:
                if int(f.read().rsplit(")", 1)[1].split()[1]) == pid:
                    found.append(int(proc))
        except (OSError, ValueError):
            pass  # no process, or one that has just ended
    return found


def running(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    try:
        with open(f"/proc/{pid}/stat") as f:
            return f.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False
