"""Parameters of notebooks in Go, for papermill: `papermill -p rate 0.5 in.ipynb out.ipynb`.

papermill writes the values into a cell after the one that is tagged "parameters". In Go that one declares them, with their types:

    rate := 0.25           // per second
    var names []string
    weights := map[string]float64{"a": 1}

A value is assigned to what is declared there, so a wrong type is an error of the compiler at the injected cell; a list or a mapping is written in the
declared type. What is not declared becomes a new variable.

papermill asks its entry points for engines when it starts; that is how this module is found. The engine is papermill's own.
"""

import contextvars
import math
import re

from papermill.engines import NBClientEngine as Engine  # noqa: F401 (the entry point)
from papermill.models import Parameter
from papermill.translators import Translator, papermill_translators

# The declarations of the notebook that is being parameterised: papermill inspects the cell, then asks for the code.
_declared = contextvars.ContextVar("declared", default={})

NAMES = r"(?P<names>[^\W\d]\w*(?:\s*,\s*[^\W\d]\w*)*)"
DEFINE = re.compile(NAMES + r"\s*:=\s*(?P<value>.+)", re.S)
DECLARE = re.compile(r"(?P<kind>var|const)\s+" + NAMES + r"(?:[ \t]+(?P<type>[^=]+?))?\s*(?:=\s*(?P<value>.+))?", re.S)
BASIC = {"any", "interface{}", "bool", "string", "byte", "rune", "float32", "float64"} | {u + "int" + n for u in ("", "u") for n in ("", "8", "16", "32", "64")}
GROUP = re.compile(r"(?P<kind>var|const)\s*\((?P<inner>.*)\)", re.S)
TOKEN = re.compile(r'"(?:\\.|[^"\\\n])*"|`[^`]*`|\'(?:\\.|[^\'\\])*\'|//[^\n]*|/\*.*?\*/|.', re.S)
SCALARS = [
    (re.compile(r"(true|false)"), "bool"),
    (re.compile(r"[-+]?(0[xXbBoO][\da-fA-F_]+|\d[\d_]*)"), "int"),
    (re.compile(r"[-+]?(\d[\d_]*\.?[\d_]*|\.\d[\d_]*)([eE][-+]?\d+)?"), "float64"),
    (re.compile(r'"(\\.|[^"\\\n])*"|`[^`]*`', re.S), "string"),
    (re.compile(r"(bool|string|byte|rune|u?int(?:8|16|32|64)?|float(?:32|64))\(.*\)", re.S), None),
]


def pieces(source, ends):
    """Source cut at the characters `ends` that are outside of brackets and texts, each piece with its last comment."""
    found, text, comment, depth = [], "", "", 0
    for token in TOKEN.findall(source) + [ends[0]]:
        if token.startswith(("//", "/*")):
            comment = token.strip("/* ")
        elif token in ends and depth == 0:
            if text.strip():
                found.append((text.strip(), comment))
            text = comment = ""
        else:
            depth += (token in "([{") - (token in ")]}")
            text += token
    return found


def type_of(value):
    """The type of a literal, "" if that cannot be seen."""
    for pattern, name in SCALARS:
        if match := pattern.fullmatch(value):
            return name or match[1]
    if not value.endswith("}"):
        return ""
    depth = 0
    for at in range(len(value) - 1, -1, -1):  # a composite literal's type is what is before its last bracket's partner
        depth += (value[at] == "}") - (value[at] == "{")
        if depth == 0:
            return value[:at].strip()
    return ""


def declarations(source):
    """What a cell declares: (name, kind, type, value, comment)."""
    for text, comment in pieces(source, "\n;"):
        if group := GROUP.fullmatch(text):
            for inner, note in pieces(group["inner"], "\n;"):
                yield from declarations(f"{group['kind']} {inner} // {note}")
            continue
        match = DEFINE.fullmatch(text) or DECLARE.fullmatch(text)
        if not match:
            continue
        groups = match.groupdict()
        names = [n.strip() for n in groups["names"].split(",")]
        values = [v for v, _ in pieces(groups["value"] or "", ",")]
        if len(values) != len(names):
            values = [""] * len(names)
        for name, value in zip(names, values):
            yield name, groups.get("kind") or "var", groups.get("type") or type_of(value), value, comment


def element(typ):
    """The types of a composite type's keys and elements, "" if they cannot be seen."""
    depth = 0
    for at, c in enumerate(typ):
        depth += (c == "[") - (c == "]")
        if c == "]" and depth == 0:
            key = typ[typ.index("[") + 1 : at]
            return (key if typ.startswith("map[") else "int"), typ[at + 1 :].strip()
    return "", ""


def common(values):
    """The Go type that holds all of some values."""
    kinds = {natural(v) for v in values}
    if kinds == {"int", "float64"}:
        return "float64"
    return kinds.pop() if len(kinds) == 1 else "any"


def natural(value):
    """The Go type of a value for which none is declared."""
    if isinstance(value, (list, tuple)):
        return "[]" + common(value)
    if isinstance(value, dict):
        return f"map[{common(value) if value else 'string'}]{common(value.values())}"
    for python, go in ((bool, "bool"), (int, "int"), (float, "float64"), (type(None), "any")):
        if isinstance(value, python):
            return go
    return "string"


def holds(typ, value):
    """Reports whether a type can be that of a list or a mapping; types with names can."""
    if typ.startswith("map["):
        return isinstance(value, dict)
    if typ.startswith("["):
        return not isinstance(value, dict)
    return typ != "" and typ not in BASIC


def quote(text):
    special = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}

    def one(c):
        if c in special:
            return special[c]
        if ord(c) < 0x20 or ord(c) == 0x7F:
            return f"\\x{ord(c):02x}"
        return "\\ufffd" if 0xD800 <= ord(c) < 0xE000 else "\\ufeff" if c == "\ufeff" else c

    return '"' + "".join(map(one, text)) + '"'


def literal(value, typ="", inner=False):
    """A value as Go, in a type if one is known; inside a composite literal whose type says it, without the type."""
    if isinstance(value, (list, tuple, dict)):
        if not holds(typ, value) and not (inner and typ == ""):
            typ, inner = natural(value), False  # where another type is declared, the compiler will say so
        return ("" if inner else typ) + "{" + elements(value, typ) + "}"
    if value is None:
        return "nil"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        if math.isfinite(value):
            return repr(value)
        return "math.NaN()" if math.isnan(value) else f"math.Inf({1 if value > 0 else -1})"
    return quote(value if isinstance(value, str) else str(value))


def elements(value, typ):
    key, of = element(typ)
    if not isinstance(value, dict):
        return ", ".join(literal(v, of, inner=True) for v in value)
    if typ.startswith("map["):
        return ", ".join(f"{literal(k, key, inner=True)}: {literal(v, of, inner=True)}" for k, v in value.items())
    return ", ".join(f"{k}: {literal(v)}" for k, v in value.items())  # fields of a struct


class GoTranslator(Translator):
    @classmethod
    def translate(cls, val):
        return literal(val)

    @classmethod
    def comment(cls, cmt_str):
        return f"// {cmt_str}".strip()

    @classmethod
    def codify(cls, parameters, comment="Parameters"):
        declared = _declared.get()
        _declared.set({})
        lines = [cls.comment(comment)]
        for name, value in parameters.items():
            if name not in declared:
                lines.append(f"var {name} any" if value is None else f"{name} := {literal(value)}")
                continue
            kind, typ = declared[name]
            lines.append(("const " if kind == "const" else "") + f"{name} = {literal(value, typ)}")
        return "\n".join(lines) + "\n"

    @classmethod
    def inspect(cls, parameters_cell):
        found = list(declarations(parameters_cell["source"]))
        _declared.set({name: (kind, typ) for name, kind, typ, _, _ in found})
        return [Parameter(name, typ or "None", value, comment) for name, _, typ, value, comment in found]


papermill_translators.register("go", GoTranslator)
