"""Widgets of ipywidgets' own JavaScript that call Go."""

import re

from playwright.sync_api import expect

SLIDER = """s := widgets.IntSlider(widgets.Max(50), widgets.Value(3), widgets.Description("n"))
out := widgets.Label(widgets.Value("move it"))
s.OnChange(func(v int) {
	out.SetValue(fmt.Sprintf("%d squared is %d", v, v*v))
	fmt.Println("moved to", v)
})
widgets.VBox(s, out)"""

BUTTON = """clicks := 0
b := widgets.Button(widgets.Description("go"))
b.OnClick(func() {
	clicks++
	fmt.Println("clicked", clicks)
})
b"""

LOOP = "for range widgets.Loop(100) {\n}"


def test_a_slider_and_a_button_call_go(lab):
    lab.write("widgets.ipynb", SLIDER, BUTTON, LOOP, "s.Value()")
    lab.run(0)
    handle = lab.cell(0).locator(".noUi-handle")
    handle.click()
    handle.press("ArrowRight")
    expect(lab.cell(0).locator(".widget-label").last).to_have_text("4 squared is 16")
    expect(lab.cell(0)).to_contain_text("moved to 4")
    handle.press("ArrowRight")
    expect(lab.cell(0)).to_contain_text("moved to 5")
    lab.run(1)
    lab.cell(1).get_by_role("button", name="go").click()
    expect(lab.cell(1)).to_contain_text("clicked 1")
    lab.run(2)
    expect(lab.cell(2).locator(".widget-hprogress .progress-bar")).to_have_attribute("style", re.compile(r"\bwidth: 100%;"))
    lab.run(3)
    expect(lab.outputs(3)).to_have_text("5")
    lab.whole("widgets")
