"""Installing the kernel: where Jupyter finds it, what it says of itself, and that it goes again."""

import json
import os
import pathlib
import struct
import subprocess
import sys

import pytest
from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

PROGRAM = os.environ["GOCLUSTER_BIN"]


def gocluster(*arguments, **env):
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=60, env={**os.environ, **env})


@pytest.mark.parametrize(("where", "env"), [
    (["--user"], {}),
    (["--sys-prefix"], {"VIRTUAL_ENV": sys.prefix}),
    (["--prefix", sys.prefix], {}),
])
def test_jupyter_finds_it_and_it_goes_again(where, env):
    installed = gocluster("kernel", "install", *where, "--name=go-elsewhere", "--display-name=Go elsewhere", **env)
    assert installed.returncode == 0, installed.stderr
    spec = KernelSpecManager().get_kernel_spec("go-elsewhere")
    assert spec.display_name == "Go elsewhere" and spec.language == "go" and spec.interrupt_mode == "message"
    assert spec.argv == [PROGRAM, "kernel", "run", "-f", "{connection_file}"]
    assert spec.metadata["debugger"] is False and spec.env == {}
    check_logos(pathlib.Path(spec.resource_dir))
    removed = gocluster("kernel", "uninstall", *where, "--name=go-elsewhere", **env)
    assert removed.returncode == 0, removed.stderr
    with pytest.raises(NoSuchKernel):
        KernelSpecManager().get_kernel_spec("go-elsewhere")


def check_logos(folder):
    assert b"<svg" in (folder / "logo-svg.svg").read_bytes()
    for size in (32, 64):
        png = (folder / f"logo-{size}x{size}.png").read_bytes()
        assert struct.unpack(">II", png[16:24]) == (size, size)


def test_a_program_that_has_moved_is_noticed(tmp_path):
    program = tmp_path / "gocluster"
    program.symlink_to(PROGRAM)
    subprocess.run([program, "kernel", "install", "--prefix", tmp_path], check=True, timeout=60, capture_output=True)
    file = tmp_path / "share/jupyter/kernels/go/kernel.json"
    spec = json.loads(file.read_text())
    spec["argv"][0] = str(tmp_path / "moved away")
    file.write_text(json.dumps(spec))
    said = gocluster("doctor", JUPYTER_PATH=str(tmp_path / "share/jupyter")).stdout
    assert "moved away" in said and "gocluster kernel install" in said, said
