"""Comms in both directions, and widgets as the extension of ipywidgets talks to them."""

import pytest
from jupyter_client.manager import start_new_kernel

from helpers import TIMEOUT, Kernel, plain

VIEW = "application/vnd.jupyter.widget-view+json"


@pytest.fixture(scope="module", params=["native", "interpreted"])
def kernel(request):
    km, kc = start_new_kernel(kernel_name="go")
    k = Kernel(km, kc)
    k.ok(f"%tier {request.param}")
    yield k
    kc.stop_channels()
    km.shutdown_kernel()


def send(k, msg_type, content, subshell=None, buffers=None, metadata=None):
    """Sends a message of a comm; its id."""
    msg = k.kc.session.msg(msg_type, content, metadata=metadata)
    if subshell:
        msg["header"]["subshell_id"] = subshell
    k.kc.session.send(k.kc.shell_channel.socket, msg, buffers=buffers)
    return msg["header"]["msg_id"]


def update(k, model, **state):
    """Changes a model as a client does; what that published for the message, and for others meanwhile."""
    return talk(k, "comm_msg", {"comm_id": model, "data": {"method": "update", "state": state, "buffer_paths": []}})


def talk(k, msg_type, content, **more):
    """What is published, by anybody, until the message's idle."""
    msg_id = send(k, msg_type, content, **more)
    seen = []
    while True:
        msg = k.kc.get_iopub_msg(timeout=TIMEOUT)
        mine = msg["parent_header"].get("msg_id") == msg_id
        if mine and msg["msg_type"] == "status" and msg["content"]["execution_state"] == "idle":
            return seen
        if msg["msg_type"] != "status":
            seen.append((mine, msg))


def models(messages):
    """The models that messages open, by their names; the last of each name."""
    opened = [m for m in messages if m["msg_type"] == "comm_open"]
    for m in opened:
        assert m["content"]["target_name"] == "jupyter.widget"
        assert m["metadata"]["version"].startswith("2.")
    return {m["content"]["data"]["state"]["_model_name"]: m["content"] for m in opened}


def changes(seen, model, method="update"):
    """The changes of a model's state that messages tell of."""
    return [
        m["content"]["data"]["state"]
        for _, m in seen
        if m["msg_type"] == "comm_msg" and m["content"]["comm_id"] == model and m["content"]["data"]["method"] == method
    ]


def printed(seen):
    return "".join(m["content"]["text"] for _, m in seen if m["msg_type"] == "stream")


def test_a_slider_is_shown_and_calls_go(kernel):
    reply, out = kernel.run(
        's := widgets.IntSlider(widgets.Max(10), widgets.Value(3), widgets.Description("n"))\n'
        'sum := 0\ns.OnChange(func(v int) { sum += v; fmt.Println("now", v) })\ns'
    )
    assert reply["content"]["status"] == "ok", plain(reply["content"].get("traceback", []))
    by_name = models(out)
    state = by_name["IntSliderModel"]["data"]["state"]
    assert (state["value"], state["max"], state["description"]) == (3, 10, "n")
    assert state["layout"] == "IPY_MODEL_" + by_name["LayoutModel"]["comm_id"]
    assert state["style"] == "IPY_MODEL_" + by_name["SliderStyleModel"]["comm_id"]
    model = by_name["IntSliderModel"]["comm_id"]
    shown = [m["content"]["data"] for m in out if m["msg_type"] == "execute_result"][0]
    assert shown[VIEW] == {"version_major": 2, "version_minor": 0, "model_id": model}
    assert shown["text/plain"] == 'IntSlider(description="n", value=3, min=0, max=10)'

    cell = reply["parent_header"]["msg_id"]
    seen = update(kernel, model, value=7)
    assert changes(seen, model, "echo_update") == [{"value": 7}] and changes(seen, model) == []
    assert printed(seen) == "now 7\n"
    for mine, m in seen:  # the echo answers the message, the output belongs to the cell
        assert mine if m["msg_type"] == "comm_msg" else m["parent_header"]["msg_id"] == cell
    assert kernel.value("s.Value() + sum") == "14"

    # What is out of bounds comes back as it has become.
    assert changes(update(kernel, model, value=70), model) == [{"value": 10}]
    # A change by the program reaches the client before the cell ends, the last of many always.
    out = kernel.ok("for i := range 10 { s.SetValue(i) }")
    assert changes([(True, m) for m in out], model)[-1] == {"value": 9}


def test_a_button_calls_go(kernel):
    out = kernel.ok('clicks := 0\nb := widgets.Button(widgets.Description("go"), widgets.Look("primary"))\nb.OnClick(func() { clicks++; display.HTML("<b>!</b>") })\nb')
    button = models(out)["ButtonModel"]
    assert button["data"]["state"]["button_style"] == "primary"
    click = {"comm_id": button["comm_id"], "data": {"method": "custom", "content": {"event": "click"}}}
    seen = talk(kernel, "comm_msg", click)
    assert [m["content"]["data"]["text/html"] for _, m in seen if m["msg_type"] == "display_data"] == ["<b>!</b>"]
    talk(kernel, "comm_msg", click)
    assert kernel.value("clicks") == "2"


def test_a_panic_in_a_callback_is_the_cells(kernel):
    reply, out = kernel.run('p := widgets.Checkbox()\np.OnChange(func(on bool) {\n\tvar m map[string]int\n\tm["x"] = 1\n})\np')
    model = models(out)["CheckboxModel"]["comm_id"]
    seen = update(kernel, model, value=True)
    errors = [m for _, m in seen if m["msg_type"] == "error"]
    assert len(errors) == 1, seen
    assert errors[0]["parent_header"]["msg_id"] == reply["parent_header"]["msg_id"]
    assert "nil map" in errors[0]["content"]["evalue"]
    assert "line 4" in plain(errors[0]["content"]["traceback"])
    assert kernel.value("p.Value()") == "true"


def test_a_callback_can_be_interrupted(kernel):
    out = kernel.ok('loop := widgets.ToggleButton()\nloop.OnChange(func(bool) { fmt.Println("in"); for {} })\nloop')
    model = models(out)["ToggleButtonModel"]["comm_id"]
    msg_id = send(kernel, "comm_msg", {"comm_id": model, "data": {"method": "update", "state": {"value": True}, "buffer_paths": []}})
    while True:
        if kernel.kc.get_iopub_msg(timeout=TIMEOUT)["msg_type"] == "stream":
            break
    kernel.interrupt()
    errors = []
    while True:
        msg = kernel.kc.get_iopub_msg(timeout=TIMEOUT)
        if msg["msg_type"] == "error":
            errors.append(msg["content"]["ename"])
        if msg["parent_header"].get("msg_id") == msg_id and msg["content"].get("execution_state") == "idle":
            break
    assert errors == ["KeyboardInterrupt"]
    assert kernel.value("loop.Value()") == "true"


def test_all_widgets_open(kernel):
    out = kernel.ok(
        'box := widgets.VBox(widgets.FloatSlider(widgets.Step(0.5)), widgets.IntProgress(widgets.Look("info")), widgets.FloatProgress(), widgets.IntText(),\n'
        '\twidgets.FloatText(), widgets.Text(widgets.Placeholder("name")), widgets.Textarea(), widgets.Label(), widgets.HTML(),\n'
        '\twidgets.Checkbox(), widgets.ToggleButton(), widgets.Dropdown([]string{"a", "b"}), widgets.RadioButtons([]string{"a"}), widgets.Select(nil),\n'
        '\twidgets.Button(), widgets.HBox(), widgets.Output(), widgets.Image([]byte("\\x89PNG"), "png"))\nbox'
    )
    by_name = models(out)
    children = by_name["VBoxModel"]["data"]["state"]["children"]
    assert len(children) == 18 and all(c.startswith("IPY_MODEL_") for c in children)
    image = [m for m in out if m["msg_type"] == "comm_open" and m["content"]["data"]["state"]["_model_name"] == "ImageModel"][0]
    assert image["content"]["data"]["buffer_paths"] == [["value"]] and bytes(image["buffers"][0]) == b"\x89PNG"

    # A page that is loaded again asks for everything.
    opened = talk(kernel, "comm_open", {"comm_id": "control", "target_name": "jupyter.widget.control", "data": {}}, metadata={"version": "1.0.0"})
    assert opened == []
    seen = talk(kernel, "comm_msg", {"comm_id": "control", "data": {"method": "request_states"}})
    data = seen[0][1]["content"]["data"]
    assert data["method"] == "update_states"
    vbox = data["states"][by_name["VBoxModel"]["comm_id"]]
    assert vbox["model_name"] == "VBoxModel" and vbox["state"]["children"] == children
    assert [image["content"]["comm_id"], "state", "value"] in data["buffer_paths"]
    assert bytes(seen[0][1]["buffers"][data["buffer_paths"].index([image["content"]["comm_id"], "state", "value"])]) == b"\x89PNG"
    # Older pages ask for each.
    assert changes(talk(kernel, "comm_msg", {"comm_id": by_name["LabelModel"]["comm_id"], "data": {"method": "request_state"}}), by_name["LabelModel"]["comm_id"])

    def info(content):
        return kernel.reply(kernel.shell("comm_info_request", content))["content"]["comms"]

    widgets = info({"target_name": "jupyter.widget"})
    assert widgets[by_name["VBoxModel"]["comm_id"]] == {"target_name": "jupyter.widget"} and "control" not in widgets
    assert info({"target_name": "jupyter.widget.control"}) == {"control": {"target_name": "jupyter.widget.control"}}
    kernel.ok("box.Close()")
    assert by_name["VBoxModel"]["comm_id"] not in info({})


def test_progress_in_a_loop(kernel):
    out = kernel.ok("for i := range widgets.Loop(50) { _ = i }")
    bar = models(out)["IntProgressModel"]
    assert bar["data"]["state"]["max"] == 50
    last = {}
    for state in changes([(True, m) for m in out], bar["comm_id"]):
        last |= state
    assert (last["value"], last["bar_style"]) == (50, "success")


def test_comms_of_ones_own(kernel):
    kernel.ok(
        'comm.Register("echo", func(c *comm.Comm, opening comm.Message) {\n'
        "\tc.OnMessage(func(m comm.Message) {\n"
        "\t\tvar v map[string]any\n\t\tif err := m.Read(&v); err != nil { panic(err) }\n"
        '\t\tc.Send(map[string]any{"back": v["x"]}, comm.Buffers(m.Buffers...))\n'
        "\t})\n})"
    )
    assert talk(kernel, "comm_open", {"comm_id": "e1", "target_name": "echo", "data": {}}) == []
    ((mine, m),) = talk(kernel, "comm_msg", {"comm_id": "e1", "data": {"x": [1, "two"]}}, buffers=[b"\x00\xff"])
    assert mine and m["content"] == {"comm_id": "e1", "data": {"back": [1, "two"]}} and bytes(m["buffers"][0]) == b"\x00\xff"
    assert talk(kernel, "comm_close", {"comm_id": "e1", "data": {}}) == []
    assert talk(kernel, "comm_msg", {"comm_id": "e1", "data": {}}) == []
    # Nobody knows the target: closed at once.
    ((_, m),) = talk(kernel, "comm_open", {"comm_id": "e2", "target_name": "nobody", "data": {}})
    assert (m["msg_type"], m["content"]["comm_id"]) == ("comm_close", "e2")


def test_a_lost_process_closes_its_comms(kernel):
    out = kernel.ok("widgets.Text()")
    model = models(out)["TextModel"]["comm_id"]
    msg_id = kernel.kc.execute("os.Exit(3)")
    closed = set()
    while True:
        msg = kernel.kc.get_iopub_msg(timeout=TIMEOUT)
        if msg["msg_type"] == "comm_close":
            closed.add(msg["content"]["comm_id"])
        if msg["parent_header"].get("msg_id") == msg_id and msg["content"].get("execution_state") == "idle":
            break
    assert model in closed
    assert kernel.reply(msg_id)["content"]["status"] == "error"
    comms = kernel.reply(kernel.shell("comm_info_request", {}))["content"]["comms"]
    assert comms == {}
