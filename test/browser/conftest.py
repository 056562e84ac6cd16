"""A cluster of four engines, a Jupyter server and a browser; a page for each test."""

import os
import pathlib
import shutil
import socket
import subprocess
import time

import pytest
from playwright.sync_api import sync_playwright

from lab import TIMEOUT, Lab

ROOT = pathlib.Path(__file__).resolve().parents[2]
OUT = ROOT / "build" / "browser"
TOKEN = "browser-test"


@pytest.fixture(scope="session")
def cluster():
    program = os.environ["GOCLUSTER_BIN"]
    subprocess.run([program, "start", "--n=4", "--daemonize"], check=True, timeout=60)
    yield
    subprocess.run([program, "stop"], check=True, timeout=60)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as s:
        return s.getsockname()[1]


def wait_for_port(port, process):
    deadline = time.monotonic() + TIMEOUT
    while process.poll() is None:
        try:
            return socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            assert time.monotonic() < deadline, "the server does not answer"
            time.sleep(0.1)
    raise AssertionError(f"the server has ended; see {OUT}/server.log")


# Nothing asks for the network or the user's attention, and the application is in reach of the tests.
CONFIG = f"""
c.ServerApp.ip = "127.0.0.1"
c.ServerApp.open_browser = False
c.ServerApp.allow_root = True
c.IdentityProvider.token = "{TOKEN}"
c.LabApp.expose_app_in_browser = True
c.JupyterNotebookApp.expose_app_in_browser = True
c.LabApp.extension_manager = "readonly"
"""
PAGE_CONFIG = '{"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": true, "@jupyterlab/extensionmanager-extension": true}}'
# Cells out of sight are on the page too.
SETTINGS = '{"@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"}}'


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """Where the server's notebooks are."""
    root = tmp_path_factory.mktemp("notebooks")
    for notebook in (ROOT / "notebooks").glob("*.ipynb"):
        shutil.copy(notebook, root)
    return root


@pytest.fixture(scope="session")
def server(cluster, folder):
    """The address of a Jupyter server with JupyterLab and Notebook."""
    config = pathlib.Path(os.environ["JUPYTER_CONFIG_DIR"])
    (config / "labconfig").mkdir(parents=True)
    (config / "jupyter_server_config.py").write_text(CONFIG)
    (config / "labconfig" / "page_config.json").write_text(PAGE_CONFIG)
    (config / "labconfig" / "default_setting_overrides.json").write_text(SETTINGS)
    port = free_port()
    with open(OUT / "server.log", "w") as log:
        process = subprocess.Popen(
            ["jupyter", "lab", f"--ServerApp.port={port}", "--ServerApp.port_retries=0", f"--ServerApp.root_dir={folder}"],
            stdout=log,
            stderr=log,
        )
    try:
        wait_for_port(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()  # it shuts its kernels down
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()  # now and then its interpreter waits for one of its threads for ever, when all else is done
            process.wait()


@pytest.fixture(scope="session")
def browser():
    with sync_playwright() as p:
        # The sandbox needs a user who is not root, and the shared memory of containers is small.
        chromium = p.chromium.launch(executable_path=os.environ["CHROMIUM"], args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"])
        yield chromium
        chromium.close()


@pytest.fixture
def lab(browser, server, folder, request):
    context = browser.new_context(viewport={"width": 1100, "height": 900})
    context.set_default_timeout(1000 * TIMEOUT)
    page = context.new_page()
    # What is fetched from elsewhere would be missing without a network.
    page.route(lambda url: not url.startswith(server), lambda route: route.abort())
    here = Lab(page, server, folder, TOKEN, OUT)
    yield here
    if request.node.failed:
        here.picture("failed-" + request.node.name)
    here.close()
    context.close()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    if call.when == "setup":
        item.failed = False
    item.failed = item.failed or report.failed
