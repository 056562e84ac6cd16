"""What cells show, on a light and on a dark page: text, tables, pictures, formulas, errors, the engines' output."""

import pytest
from playwright.sync_api import expect

CELLS = {
    "value": 'type Person struct { Name string; Age int; Tags []string }\nPerson{"Ada", 36, []string{"maths"}}',
    "table": 'display.Table([]Person{{"Ada", 36, []string{"maths"}}, {"Grace", 85, []string{"navy", "compilers"}}, {"Edsger", 72, nil}})',
    "markdown": 'display.Markdown("**42** is *the* answer to `6*7`, and $e^{i\\\\pi} = -1$")',
    "svg": """display.SVG(`<svg xmlns="http://www.w3.org/2000/svg" width="120" height="40"><circle cx="20" cy="20" r="15" fill="teal"/></svg>`)""",
    "image": """img := image.NewRGBA(image.Rect(0, 0, 160, 40))
for x := range 160 {
	for y := range 40 {
		img.Set(x, y, color.RGBA{uint8(x + 90), uint8(6 * y), 160, 255})
	}
}
img""",
    "streams": 'fmt.Println("out")\nfmt.Fprintln(os.Stderr, "err")\nfmt.Println("\\x1b[31mred\\x1b[0m \\x1b[1;32mgreen\\x1b[0m \\x1b[34mblue\\x1b[0m")',
    "progress": "for range display.Loop(20) {\n}",
    "px": '%%px\nfmt.Println("hello from an engine")\ndisplay.Table(map[string]int{"a": 1})\n6 * 7',
    "cluster": "%cluster status",
    "compile error": 'x := 1\nx = "text"',
    "panic": "func third(xs []int) int { return xs[3] }\nfunc call() int { return third([]int{1, 2}) }\ncall()",
    "engine error": '%%px\nxs := []int{1, 2}\nxs[len(os.Args)+3]',
}


@pytest.fixture
def gallery(lab):
    lab.write("gallery.ipynb", *CELLS.values())
    # Cells are run one by one: an error ends "Run All Cells".
    for n in range(len(CELLS)):
        lab.run(n)
    return lab


def test_a_gallery_of_outputs(gallery):
    lab = gallery

    def out(name):
        return lab.outputs(list(CELLS).index(name))

    expect(out("value").last).to_contain_text("Name:Ada")
    expect(out("table").locator("table")).to_contain_text("Grace")
    expect(out("markdown").locator("strong")).to_have_text("42")
    expect(out("markdown").locator("mjx-container")).to_be_visible()
    expect(out("svg").locator("img")).to_be_visible()
    expect(out("image").locator("img")).to_be_visible()
    expect(out("streams").locator(".ansi-red-fg")).to_have_text("red")
    expect(out("progress").locator("progress[value='20'][max='20']")).to_be_visible()
    for n in range(4):
        expect(lab.cell(list(CELLS).index("px"))).to_contain_text(f"[stdout:{n}] hello from an engine")
        expect(lab.cell(list(CELLS).index("px"))).to_contain_text(f"Out[{n}:")
    expect(out("compile error").last).to_contain_text("line 2, column 5")
    expect(out("panic").last).to_contain_text("index out of range [3] with length 2")
    expect(out("engine error").last).to_contain_text("index out of range")
    lab.whole("gallery-light")
    lab.theme("JupyterLab Dark")
    lab.whole("gallery-dark")
    lab.theme("JupyterLab Light")
