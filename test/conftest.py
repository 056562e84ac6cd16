"""The two rules of all tests with Python: no test is skipped, no process stays."""

import os
import pathlib
import time
import uuid

# Every process that the tests start inherits this; pytest itself has been started without it.
MARK = "GOCLUSTER_TEST_RUN"
os.environ[MARK] = uuid.uuid4().hex


def left_over():
    """The command lines of processes that descend from this run."""
    mark = f"{MARK}={os.environ[MARK]}".encode()
    found = []
    for proc in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if mark in (proc / "environ").read_bytes():
                found.append((proc / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        except OSError:
            pass  # it has just ended, or is another user's
    return [f for f in found if f]  # zombies have no command line


def pytest_sessionfinish(session, exitstatus):
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    problems = []
    if skipped := reporter.stats.get("skipped"):
        problems.append(f"{len(skipped)} tests were skipped, and none may be: {[r.nodeid for r in skipped]}")
    deadline = time.monotonic() + 10
    while (stayed := left_over()) and time.monotonic() < deadline:
        time.sleep(0.1)
    if stayed:
        problems.append("processes stayed:\n  " + "\n  ".join(stayed))
    for problem in problems:
        reporter.write_line("FAILED: " + problem, red=True)
    if problems and exitstatus == 0:
        session.exitstatus = 1
