"""Text from the user's program (names, keys, paths, source lines) is shown as text in every output, never obeyed."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema
import pytest

from kerasguard.vocabulary import (
    Diagnosis,
    Drawing,
    DrawnEdge,
    DrawnNode,
    Edit,
    ExceptionFacts,
    Expectation,
    Fix,
    Offender,
    Place,
    Step,
)
from tests.hostile import harness

SARIF_SCHEMA = json.loads(
    (Path(__file__).parent.parent / "data" / "sarif-2.1.0-rtm.5.json").read_text(encoding="utf-8")
)
TEXTS = {
    "markup": "[bold]x[/] [/] [link=http://evil.example]y[/link] [red",
    "escapes": "a\x1b[31mred\x1b[0m\x1b]8;;http://evil.example\x1b\\z\x1b]0;title\x07\x9b31m",
    "controls": "a\x00b\rc\x08\x7f\x85\u2028\u2029d",
    "bidi": "a\u202eb\u2066c\u200fd\ufeffe",
    "html": "<script>alert(1)</script><img src=x onerror=alert(1)>&amp;\"'</style></title></svg>]]>--><!--",
    "workflow": "x::error file=a.py,line=1::boo%0A::set-output name=a::b%25\n::warning::c",
    "long": "ab " * 4000,
    "unbroken": "q" * 10_000,
    "lines": "a\nb\r\nc\u000bd\n\n\n",
    "emoji": "\U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f3f3\ufe0f e\u0301\u0301 \u6f22\u5b57",
    "surrogate": "a\ud800b\udfffc",
    "backticks": "`a` ``` $(rm) ${x} %s {0} \\n",
}


def diagnosis(text: str) -> Diagnosis:
    """Return a diagnosis with `text` wherever text of the user's can stand."""
    place = Place(text, 3, 4, 1, 9, text, f"{text}\n{text}")
    return Diagnosis(
        code="KG301",
        name="missing-batch-axis",
        title=f"`{text}` is one sample.",
        explanation=text,
        cause=place,
        trace=(Step(place, text, (1, 2)), Step(replace(place, filename="/no/such.py"), text)),
        offenders=(Offender(text, "numpy", (1,), text, text), Offender(text, "key")),
        expected=(Expectation(text, (None, 3), text, text),),
        fixes=(
            Fix(text, (Edit(text, (3, 1), (3, 2), text),), "verified", text, "safe"),
            Fix(text, (Edit("/no/such.py", (1, 1), (1, 1), text),)),
        ),
        crash=place,
        exception=ExceptionFacts(text, text),
        drawing=Drawing(
            (DrawnNode(text, text, (1,), "input"), DrawnNode(text, text, None, "failing")),
            (DrawnEdge(0, 1, (3,), refused=True),),
        ),
    )


@pytest.fixture(params=TEXTS)
def outputs(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    """Return every output for one of the texts."""
    return harness.formats(diagnosis(TEXTS[request.param]), tmp_path)


def test_terminals_get_colours_of_ours_and_nothing_else(outputs: dict[str, str]) -> None:
    """In plain text there is no control character but the line break; on a terminal none but our colours."""
    for name in ("text", "note", "terminal"):
        shown = re.sub(r"\x1b\[[0-9;]*m", "", outputs[name]) if name == "terminal" else outputs[name]
        odd = {character for character in shown if not character.isprintable()} - {"\n"}
        assert not odd, name
        assert "\u200d" not in shown
        shown.encode("utf-8")
    assert len(outputs["text"].splitlines()) <= 25
    assert len(outputs["text"]) < 25 * 101 * 4


def test_terminal_colours_are_not_the_users(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With colour on, markup and escapes of the user's are words, and no link leads where the user's text says."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("FORCE_HYPERLINK", "1")
    for text in TEXTS.values():
        shown = harness.formats(diagnosis(text), tmp_path)["terminal"]
        assert "\x1b]8;;http" not in shown
        rest = re.sub(r"\x1b\[[0-9;]*m", "", shown)
        assert not {character for character in rest if not character.isprintable()} - {"\n"}
    assert "[bold]x[/]" in harness.formats(diagnosis(TEXTS["markup"]), tmp_path)["terminal"]


class _Elements(HTMLParser):
    """Collect the tags and attributes of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[tuple[str, str]] = set()

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        """Note an element."""
        self.tags.add(tag)
        self.attributes.update((name, value or "") for name, value in attrs)


def test_pages_hold_no_element_of_the_users(outputs: dict[str, str]) -> None:
    """Whatever the text is, the page has the same elements, none of which can act or load."""
    plain = _Elements()
    plain.feed(harness.formats(diagnosis("x"), Path())["html"])
    for name in ("html", "fragment"):
        seen = _Elements()
        seen.feed(outputs[name])
        assert seen.tags <= plain.tags, name
        assert not seen.tags & {"script", "img", "iframe", "object", "link", "a", "form", "input"}
        assert not [attribute for attribute, _ in seen.attributes if attribute.startswith("on")]
        assert {name for name, _ in seen.attributes} <= {name for name, _ in plain.attributes}
        outputs[name].encode("utf-8")
        assert not set(outputs[name]) & {"\x00", "\x1b", "\u202e", "\u2066"}


def test_drawings_are_well_formed(outputs: dict[str, str]) -> None:
    """The drawing is XML in which the text is text."""
    root = ET.fromstring(outputs["svg"])  # noqa: S314 - our own output
    assert {element.tag.rpartition("}")[2] for element in root.iter()} <= {
        "svg", "title", "defs", "marker", "path", "g", "rect", "text", "tspan", "desc",
    }  # fmt: skip


def test_json_and_sarif_carry_the_text_unchanged(outputs: dict[str, str], request: pytest.FixtureRequest) -> None:
    """What other programs read is valid, and holds the user's own names letter by letter."""
    text = TEXTS[request.node.callspec.params["outputs"]]
    assert json.loads(outputs["json"])["diagnosis"]["offenders"][0]["name"] == text
    log = json.loads(outputs["sarif"])
    jsonschema.validate(log, SARIF_SCHEMA, cls=jsonschema.Draft4Validator)


def test_workflow_commands_are_one_line_each(outputs: dict[str, str]) -> None:
    """No text of the user's begins a command or a property of its own."""
    lines = outputs["github"].splitlines()
    assert len(lines) == 2
    for line, level in zip(lines, ("error", "warning"), strict=True):
        head, _, data = line.removeprefix("::").partition("::")
        assert head.startswith(f"{level} ")
        names = [part.partition("=")[0] for part in head.removeprefix(f"{level} ").split(",")]
        assert set(names) <= {"file", "line", "endLine", "col", "endColumn", "title"}
        assert len(names) == len(set(names))
        assert "\r" not in data
        line.encode("utf-8")


HOSTILE_NAME = "we[bold]ird \\x1b[31m <script>alert(1)</script> \\u202e \\n ::error::"


@pytest.mark.parametrize(
    "program",
    [
        f'm = keras.Sequential([keras.Input((4,)), layers.Dense(2, name="{HOSTILE_NAME}"), layers.Conv2D(2, 3)])\n',
        f'two().fit({{"{HOSTILE_NAME}": bad, "b": x}}, y)\n',
        f'two()({{"{HOSTILE_NAME}": x, "\\ud800": x}})\n',
        (
            "class Layer(layers.Layer):\n    def call(self, t):\n        return layers.Dense(1)(t[0])\n"
            f'Layer(name="{HOSTILE_NAME}")(bad)\n'
        ),
        f"model(bad)  # [bold] \x1b[31m <script>alert(1)</script> \u202e {'z' * 10_000}\n",
    ],
)
def test_programs_with_such_names(program: str, tmp_path: Path) -> None:
    """Names of layers, keys and lines of the program go the whole way and arrive as text."""
    name = "pro[bold]gram <b>&amp;\u202e.py"
    plain = harness.run(program, tmp_path, guarded=False, name=name)
    ran = harness.run(program, tmp_path, name=name)
    assert ran.kind == plain.kind
    if ran.diagnosis is None:
        return
    outputs = harness.formats(ran.diagnosis, tmp_path)
    for one in ("text", "note"):
        assert not {character for character in outputs[one] if not character.isprintable()} - {"\n"}
    assert "<script" not in outputs["html"]
    assert len(outputs["github"].splitlines()) == 2
