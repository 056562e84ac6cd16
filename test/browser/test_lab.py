"""JupyterLab: the quickstart, progress, interrupt, restart, completion and documentation, as a user goes through them."""

import os
import re
import subprocess

from playwright.sync_api import expect

LONG = """view := client.MustConnect().LoadBalanced()
view.Map(func(x int) int { time.Sleep(%s); return x * x }, views.Range(0, %d), views.ChunkSize(1)).Get()"""


def engines():
    """What each engine is doing, as `gocluster status` says."""
    status = subprocess.run([os.environ["GOCLUSTER_BIN"], "status"], check=True, capture_output=True, text=True, timeout=30).stdout
    return re.findall(r"\b(idle|busy)\b", status)


def test_the_quickstart_runs(lab):
    lab.open("quickstart.ipynb")
    lab.run_all()
    # A job that is a cell's value has become its values, and the bar of one that was waited for is at its end.
    expect(lab.page.locator("div.gocluster-running")).to_have_count(0)
    expect(lab.page.locator("div.gocluster-done")).to_contain_text("100/100 (100 %)")
    expect(lab.page.locator(".jp-Notebook")).to_contain_text("1369 1444 1521]")
    lab.whole("quickstart")
    assert lab.page.locator(".jp-OutputArea-output[data-mime-type='application/vnd.jupyter.error']").count() == 0
    expect(lab.page.locator(".jp-Notebook")).to_contain_text("4 engines are 4 processes")
    expect(lab.page.locator(".jp-Notebook")).to_contain_text("π is about 3.1")


def test_a_bar_shows_how_far_a_map_is(lab):
    lab.write("progress.ipynb", LONG % ("200*time.Millisecond", 80))
    lab.start(0)
    bar = lab.outputs(0).locator("div.gocluster-progress progress")
    # It is somewhere, then further, then at its end.
    lab.until("+document.querySelector('div.gocluster-progress progress')?.value > 0")
    seen = int(bar.get_attribute("value"))
    assert 0 < seen < 80 and bar.get_attribute("max") == "80"
    lab.picture("progress-running")
    lab.until(f"+document.querySelector('div.gocluster-progress progress').value > {seen}")
    lab.counted(0)
    expect(lab.outputs(0).locator("div.gocluster-done")).to_contain_text("80/80 (100 %)")
    expect(lab.outputs(0).last).to_contain_text("[0 1 4 9 16 25")
    lab.picture("progress-done")


def test_an_interrupt_ends_a_map(lab):
    lab.write("interrupt.ipynb", LONG % ("time.Hour", 100), 'fmt.Println("still here")')
    lab.start(0)
    lab.outputs(0).locator("div.gocluster-progress").wait_for()
    assert engines() == 4 * ["busy"]
    lab.menu("Kernel", "Interrupt Kernel")
    lab.counted(0)
    expect(lab.outputs(0).last).to_contain_text("KeyboardInterrupt")
    lab.picture("interrupted")
    # The cell ends when the engines are idle.
    assert engines() == 4 * ["idle"]
    lab.run(1)
    expect(lab.outputs(1)).to_have_text("still here\n")


def test_a_restart_forgets_everything(lab):
    lab.write("restart.ipynb", "kept := 42\nkept", "kept + 1")
    lab.run_all()
    expect(lab.outputs(1)).to_have_text("43")
    lab.menu("Kernel", "Restart Kernel…")
    lab.page.locator(".jp-Dialog .jp-mod-accept").click()
    lab.page.locator(".jp-Dialog").wait_for(state="detached")
    lab.idle()
    lab.run(1)
    expect(lab.cell(1).locator(".jp-InputPrompt")).to_have_text("[1]:")
    expect(lab.outputs(1).last).to_contain_text("undefined: kept")
    lab.picture("restarted")


def test_tab_completes(lab):
    lab.write("complete.ipynb", "")
    lab.type(0, "/* 🎉 */ strings.Rep")
    lab.page.keyboard.press("Tab")
    items = lab.page.locator(".jp-Completer .jp-Completer-item")
    expect(items).to_have_text([re.compile("^f?Repeat"), re.compile("^f?Replace"), re.compile("^f?ReplaceAll"), re.compile("^c?Replacer")])
    lab.picture("completion")
    lab.page.keyboard.press("Enter")
    expect(lab.cell(0).locator(".cm-content")).to_have_text(re.compile(r"^/\* 🎉 \*/ strings\.Repeat"))


def test_shift_tab_tells_about_a_name(lab):
    lab.write("inspect.ipynb", "")
    lab.type(0, "strings.Repeat")
    lab.page.keyboard.press("Shift+Tab")
    tooltip = lab.page.locator(".jp-Tooltip")
    expect(tooltip).to_contain_text("func strings.Repeat(s string, count int) string")
    expect(tooltip).to_contain_text("returns a new string consisting of count copies")
    lab.picture("inspection")
