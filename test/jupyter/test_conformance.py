"""jupyter_kernel_test, with every test it has."""

import jupyter_kernel_test as jkt


class GoKernelTests(jkt.KernelTests):
    kernel_name = "go"
    language_name = "go"
    file_extension = ".go"
    code_hello_world = 'fmt.Println("hello, world")'
    code_stderr = 'fmt.Fprintln(os.Stderr, "oops")'
    completion_samples = [
        {"text": "strings.HasP", "matches": ["HasPrefix"]},
        {"text": "math.Sqrt", "matches": ["Sqrt", "Sqrt2", "SqrtE", "SqrtPhi", "SqrtPi"]},
        {"text": "%lsm", "matches": ["lsmagic"]},
    ]
    complete_code_samples = ["1", "x := 1", 'import "fmt"', "func f(n int) int { return n }", "for i := range 3 {\n\tfmt.Println(i)\n}", "%who", "f?"]
    incomplete_code_samples = ["func f() {", "if true {", "x := []int{1,", 's := `abc', "fmt.Println(", "1 +"]
    invalid_code_samples = ["func 1f() {}", "x := )", "var 1x int"]
    code_page_something = "fmt.Println?"
    code_generate_error = 'panic("oh")'
    code_execute_result = [
        {"code": "1 + 2 + 3", "result": "6"},
        {"code": '"a" + "b"', "result": "ab"},
        {"code": "[]int{1, 2}", "result": "[1 2]"},
    ]
    code_display_data = [
        {"code": 'display.HTML("<b>bold</b>")', "mime": "text/html"},
        {"code": 'display.Markdown("*it*")', "mime": "text/markdown"},
    ]
    code_history_pattern = "1 + 2?+ 3"
    supported_history_operations = ("tail", "range", "search")
    code_inspect_sample = "strings.Split"
    code_clear_output = "display.Clear()"


class GoWelcomeTests(jkt.IopubWelcomeTests):
    kernel_name = "go"
    support_iopub_welcome = True
