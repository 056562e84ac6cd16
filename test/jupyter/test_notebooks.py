"""Every notebook runs under nbconvert, on a cluster of four engines, and becomes a page with its plots."""

import os
import pathlib
import subprocess

import nbformat
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


@pytest.fixture(scope="module")
def cluster():
    program = os.environ["GOCLUSTER_BIN"]
    subprocess.run([program, "start", "--n=4", "--daemonize"], check=True, timeout=60)
    yield
    subprocess.run([program, "stop"], check=True, timeout=60)


def test_there_are_notebooks():
    assert NOTEBOOKS


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda p: p.name)
def test_nbconvert_executes(notebook, cluster, tmp_path):
    subprocess.run(
        ["jupyter", "nbconvert", "--to", "notebook", "--execute", "--ExecutePreprocessor.timeout=120", "--output-dir", tmp_path, notebook],
        check=True,
        timeout=180,
    )
    executed = nbformat.read(tmp_path / notebook.name, as_version=4)
    nbformat.validate(executed)
    cells = [c for c in executed.cells if c.cell_type == "code" and c.source.strip()]
    assert [c.execution_count for c in cells] == list(range(1, len(cells) + 1))
    assert any(c.outputs for c in cells)
    page = html(tmp_path / notebook.name)
    assert 'class="highlight hl-go"' in page
    pictures = sum("image/png" in o.get("data", {}) for c in cells for o in c.outputs)
    assert page.count('src="data:image/png;base64,') == pictures
    assert pictures > 0 or notebook.name != "gonum.ipynb"


def html(notebook):
    """The page that nbconvert makes of a notebook."""
    subprocess.run(["jupyter", "nbconvert", "--to", "html", notebook], check=True, timeout=180)
    return notebook.with_suffix(".html").read_text()
