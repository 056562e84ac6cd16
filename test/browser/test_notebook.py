"""Notebook 7 opens a notebook and runs it."""

from playwright.sync_api import expect


def test_notebook_7(lab):
    lab.open("engines.ipynb", app="notebooks")
    lab.menu("Run", "Run All Cells")
    lab.finished()
    assert lab.page.locator(".jp-OutputArea-output[data-mime-type='application/vnd.jupyter.error']").count() == 0
    expect(lab.page.locator(".jp-Notebook")).to_contain_text("hello from the engine")
    lab.picture("notebook-7")
