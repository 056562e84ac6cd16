"""papermill runs a notebook with parameters: what is given is assigned to what the notebook declares."""

import subprocess
import sys

import nbformat
import papermill
import pytest

DECLARED = """rate := 0.25 // per second
var names []string
weights := map[string]float64{"a": 1}
var (
	n   = 3
	big int64
)
const title = "x := 1"
type config struct { Rate float64; Tags []string }
c := config{Rate: 1}"""

SHOWN = "fmt.Println(rate*2, names, weights, n/2, big, title, c)"


def notebook(path, *cells):
    nb = nbformat.v4.new_notebook(metadata={"kernelspec": {"name": "go", "display_name": "Go", "language": "go"}})
    nb.cells = [nbformat.v4.new_code_cell(c) for c in cells]
    nb.cells[0].metadata["tags"] = ["parameters"]
    nbformat.write(nb, path)
    return path


def run(path, *arguments):
    """Runs papermill as a command; the cells of what it has written, and what it said."""
    done = path.with_name("done.ipynb")
    command = [sys.executable, "-m", "papermill", "--no-progress-bar", *arguments, path, done]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.exists(), ran.stderr
    return nbformat.read(done, as_version=4).cells, ran


def test_parameters_from_the_command_line(tmp_path):
    cells, ran = run(
        notebook(tmp_path / "in.ipynb", DECLARED, SHOWN),
        *("-p", "rate", "3", "-p", "n", "7", "-p", "title", 'a "title"', "-p", "big", "4294967296"),
        *("-y", "{names: [Ada, Grace 🎉], weights: {z: 2}, c: {Rate: 2.5, Tags: [x]}}"),
    )
    assert ran.returncode == 0, ran.stderr
    injected = cells[1]
    assert injected.metadata["tags"] == ["injected-parameters"]
    assert injected.source.splitlines() == [
        "// Parameters",
        'names = []string{"Ada", "Grace 🎉"}',
        'weights = map[string]float64{"z": 2}',
        'c = config{Rate: 2.5, Tags: []string{"x"}}',
        "rate = 3",
        "n = 7",
        'const title = "a \\"title\\""',
        "big = 4294967296",
    ]
    # rate is still a float64, and n an int.
    assert cells[2].outputs[0].text == '6 [Ada Grace 🎉] map[z:2] 3 4294967296 a "title" {2.5 [x]}\n'


def test_a_value_of_the_wrong_type_is_an_error_that_names_it(tmp_path):
    cells, ran = run(notebook(tmp_path / "in.ipynb", DECLARED, SHOWN), "-p", "n", "2.5")
    assert ran.returncode != 0
    assert "n = 2.5" in ran.stderr and "truncated" in ran.stderr, ran.stderr
    _, ran = run(notebook(tmp_path / "in.ipynb", DECLARED, SHOWN), "-p", "rate", "fast")
    assert 'cannot use "fast"' in ran.stderr and "float64" in ran.stderr, ran.stderr


def test_what_is_not_declared_becomes_a_variable(tmp_path):
    printed = 'fmt.Printf("%T %v %T %v %v", xs, xs, m, flag, none)'
    cells, ran = run(notebook(tmp_path / "in.ipynb", "x := 1", printed), "-y", "{xs: [1, 2.5], m: {a: [1]}, flag: true, none: null}")
    assert ran.returncode == 0, ran.stderr
    assert cells[-1].outputs[0].text == "[]float64 [1 2.5] map[string][]int true <nil>"


@pytest.mark.parametrize(
    ("declared", "value", "code"),
    [
        ("x := 0.5", 1, "x = 1"),
        ("x := 0.5", float("inf"), "x = math.Inf(1)"),
        ("x := true", False, "x = false"),
        ('x := ""', 'tab\tquote"back\\slash\nnull\0', r'x = "tab\tquote\"back\\slash\nnull\x00"'),
        ("var x *int", None, "x = nil"),
        ("x := []float64{1}", [1, 2.5], "x = []float64{1, 2.5}"),
        ("x := [][]int{\n\t{1},\n}", [[1], []], "x = [][]int{{1}, {}}"),
        ("x := map[string][]int{}", {"a": [1]}, 'x = map[string][]int{"a": {1}}'),
        ("var x any", [1, "a"], 'x = []any{1, "a"}'),
        ("x := 1", [1], "x = []int{1}"),  # the compiler says what is wrong with it
        ("x, y := 1, 2", 3, "x = 3"),
        ("x := f(1)", 3, "x = 3"),
        ("", 3, "x := 3"),
        ("", None, "var x any"),
        ("", [], "x := []any{}"),
        ("", [True, False], "x := []bool{true, false}"),
    ],
)
def test_values_as_go(declared, value, code):
    translator = papermill.translators.papermill_translators.find_translator("go", "go")
    translator.inspect({"source": declared})
    assert translator.codify({"x": value}) == f"// Parameters\n{code}\n"


def test_papermill_lists_the_parameters(tmp_path):
    found = papermill.inspect_notebook(notebook(tmp_path / "in.ipynb", DECLARED))
    assert found["rate"] == {"name": "rate", "inferred_type_name": "float64", "default": "0.25", "help": "per second"}
    assert found["names"]["inferred_type_name"] == "[]string" and found["big"]["inferred_type_name"] == "int64"
