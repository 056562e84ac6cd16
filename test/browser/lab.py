"""JupyterLab and Notebook as a user sees them: what can be read on the page, and done with mouse and keyboard.

Everything waits for facts on the page. Where the page does not say, the application does (`jupyterapp`, which JupyterLab shows to tests).
"""

import json
import re

import nbformat
from playwright.sync_api import expect

TIMEOUT = 60
expect.set_options(timeout=1000 * TIMEOUT)

NOTEBOOK = "jupyterapp.shell.currentWidget"
KERNEL = NOTEBOOK + "?.sessionContext?.session?.kernel"


class Lab:
    def __init__(self, page, server, folder, token, out):
        self.page, self.server, self.folder, self.token, self.out = page, server, folder, token, out

    def open(self, name, app="lab/tree"):
        """Opens a notebook and waits until its kernel is idle."""
        self.page.goto(f"{self.server}/{app}/{name}?token={self.token}&reset")
        self.page.locator(".jp-Notebook .jp-Cell").first.wait_for()
        self.idle()

    def write(self, name, *cells):
        """Makes a notebook of code cells, and opens it."""
        nb = nbformat.v4.new_notebook(metadata={"kernelspec": {"name": "go", "display_name": "Go", "language": "go"}})
        nb.cells = [nbformat.v4.new_code_cell(source) for source in cells]
        nbformat.write(nb, self.folder / name)
        self.open(name)

    def close(self):
        """Ends the notebook's kernel; the next test has one of its own."""
        self.page.evaluate(f"() => globalThis.jupyterapp && {NOTEBOOK}?.sessionContext?.shutdown()")

    def until(self, fact):
        self.page.wait_for_function(fact)

    def idle(self):
        self.until(f"globalThis.jupyterapp && {KERNEL}?.status == 'idle'")

    def menu(self, *path):
        """Chooses from the menu bar."""
        self.page.locator(".lm-MenuBar-itemLabel").get_by_text(path[0], exact=True).click()
        for label in path[1:]:
            self.page.locator(".lm-Menu-itemLabel").get_by_text(label, exact=True).last.click()

    def cell(self, n):
        """The cell with an index among code cells."""
        return self.page.locator(".jp-CodeCell").nth(n)

    def outputs(self, n):
        return self.cell(n).locator(".jp-OutputArea-output")

    def type(self, n, text):
        """Replaces a cell's source by typing, the last character of it typed too."""
        self.cell(n).locator(".cm-content").click()
        self.page.keyboard.press("Control+A")
        self.page.keyboard.insert_text(text)

    def start(self, n):
        """Begins to run a cell."""
        self.cell(n).locator(".cm-content").click()
        self.page.keyboard.press("Control+Enter")

    def run(self, n):
        """Runs a cell to its end."""
        self.start(n)
        self.counted(n)

    def run_all(self):
        self.menu("Run", "Run All Cells")
        self.finished()

    def finished(self):
        """Waits until every code cell has a number and nothing runs."""
        self.until(f"{NOTEBOOK}.content.widgets.filter(c => c.model.type == 'code').every(c => c.model.executionCount > 0)")
        self.idle()

    def counted(self, n):
        """Waits until a cell's prompt has a number; it is [*] while the cell runs."""
        expect(self.cell(n).locator(".jp-InputPrompt")).to_have_text(re.compile(r"^\[\d+\]:$"))

    def picture(self, name):
        self.page.screenshot(path=self.out / f"{name}.png")

    def part(self, selector, name):
        """A picture of one element of the page."""
        self.page.locator(selector).first.screenshot(path=self.out / f"{name}.png")

    def whole(self, name):
        """A picture of all of the notebook: the window grows until nothing of it is hidden."""
        height = self.page.evaluate("""() => {
            const notebook = document.querySelector('.jp-NotebookPanel-notebook');
            for (const e of [notebook, ...notebook.querySelectorAll('*')]) e.scrollTop = 0;
            return [...document.querySelectorAll('.jp-Cell')].at(-1).getBoundingClientRect().bottom;
        }""")
        self.page.set_viewport_size({"width": 1100, "height": min(int(height) + 60, 4000)})
        self.picture(name)
        self.page.set_viewport_size({"width": 1100, "height": 900})

    def theme(self, name):
        self.page.evaluate(f"jupyterapp.commands.execute('apputils:change-theme', {{theme: {json.dumps(name)}}})")
        light = "true" if name.endswith("Light") else "false"
        self.page.locator(f"body[data-jp-theme-light={light}]").wait_for(state="attached")
        self.page.locator("#jupyterlab-splash").wait_for(state="detached")  # it covers the page while the theme is loaded
