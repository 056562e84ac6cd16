"""Times cells through jupyter_client, until the reply and the idle status are in.

usage: cells.py KERNELS_FOLDER     the folder has a kernelspec named go; reads a list of cells from standard input and prints the median of their seconds
"""
import json
import queue
import statistics
import sys
import time

from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager


def execute(client, code):
    started = time.perf_counter()
    sent = client.execute(code)
    reply = idle = False
    while not (reply and idle):
        for done, get in ((reply, client.get_shell_msg), (idle, client.get_iopub_msg)):
            if done:
                continue
            try:
                message = get(timeout=0.0005)
            except queue.Empty:
                continue
            if message["parent_header"].get("msg_id") != sent:
                continue
            if message["msg_type"] == "execute_reply":
                reply = True
                if message["content"]["status"] != "ok":
                    raise SystemExit(f"{code!r} failed: {message['content']}")
            if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
                idle = True
    return time.perf_counter() - started


manager = KernelManager(kernel_name="go", kernel_spec_manager=KernelSpecManager(kernel_dirs=[sys.argv[1]]))
manager.start_kernel()
client = manager.client()
try:
    client.start_channels()
    client.wait_for_ready(timeout=60)
    print(statistics.median(execute(client, code) for code in json.load(sys.stdin)))
finally:
    client.stop_channels()
    manager.shutdown_kernel(now=True)
