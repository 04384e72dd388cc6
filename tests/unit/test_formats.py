"""What other programs read: the report's schema, annotations of GitHub workflows, SARIF logs."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from kerasguard.render import github, report, sarif
from kerasguard.render.changes import apply_edits
from kerasguard.vocabulary import Diagnosis, Edit, ExceptionFacts, Expectation, Fix, Offender, Place, Step
from tests.conftest import REPORT_SCHEMA, Python, read_report, validate_report

# The public schema of SARIF 2.1.0 as SchemaStore publishes it.
SARIF_SCHEMA = json.loads(
    (Path(__file__).parent.parent / "data" / "sarif-2.1.0-rtm.5.json").read_text(encoding="utf-8")
)
SOURCE = "import numpy as np\n\npicture = np.zeros((8, 8, 3))\nmodel(picture)\n"
PROGRAM = """\
import numpy as np
import tensorflow as tf
inputs = tf.keras.Input((8, 8, 3), name="image")
model = tf.keras.Model(inputs, tf.keras.layers.Conv2D(2, 3)(inputs))
picture = np.zeros((8, 8, 3), "float32")
model(picture)
"""


def diagnosis(filename: str) -> Diagnosis:
    """Return a diagnosis that fills every field, with text that needs escaping."""
    cause = Place(filename, 3, 3, 1, 29, "<module>", "picture = np.zeros((8, 8, 3))")
    crash = Place(filename, 4, 4, 1, 15, "<module>", "model(picture)")
    axis = Edit(filename, (4, 14), (4, 14), "[np.newaxis]")
    return Diagnosis(
        code="KG301",
        name="missing-batch-axis",
        title="`picture` is 100% one sample, not: a, batch.",
        explanation="Two\nlines.",
        cause=cause,
        trace=(Step(cause, "made here", (8, 8, 3)), Step(crash, "refused here")),
        offenders=(Offender("picture", "numpy", (8, 8, 3), "float32", "x"),),
        expected=(Expectation("image", (None, 8, 8, 3), "float32", "the Input"),),
        fixes=(
            Fix("add the axis", (axis,), "verified", "the model returns (1, 6)", "safe"),
            Fix("delete the line", (Edit(filename, (4, 1), (4, 15), ""),)),
            Fix("think again", (), "unverified", None, "display-only"),
        ),
        also=("KG309",),
        crash=crash,
        exception=ExceptionFacts("ValueError", "no"),
    )


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """Write the program that the diagnosis is about, in a folder whose name needs quoting."""
    path = tmp_path / "my code" / "predict é.py"
    path.parent.mkdir()
    path.write_text(SOURCE, encoding="utf-8")
    return path


def valid_sarif(log: dict[str, Any]) -> dict[str, Any]:
    """Return a SARIF log's only run after comparing the log with the public schema."""
    jsonschema.validate(log, SARIF_SCHEMA, cls=jsonschema.Draft4Validator)
    (run,) = log["runs"]
    return dict(run)


def test_the_reports_schema_is_shipped_and_strict() -> None:
    """The schema lies beside the code, is a schema itself, and refuses a report with a field too many or too few."""
    schema = json.loads(REPORT_SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    full = report.report(diagnosis("predict.py"), [diagnosis("predict.py")])
    validate_report(full)
    validate_report(report.report(None))
    for broken in (
        full | {"more": 1},
        {name: value for name, value in full.items() if name != "warnings"},
        full | {"diagnosis": full["diagnosis"] | {"cause": None, "drawing": {}}},
        full | {"warnings": [full["diagnosis"]]},
        full | {"schema": 2},
    ):
        with pytest.raises(jsonschema.ValidationError):
            validate_report(broken)


def test_the_schema_knows_every_field_of_the_words() -> None:
    """A field that is added to the vocabulary has to be added to the schema as well, or be left out on purpose."""
    known = set(json.loads(REPORT_SCHEMA.read_text(encoding="utf-8"))["$defs"]["diagnosis"]["properties"])
    fields = {field.name for field in dataclasses.fields(Diagnosis)}
    assert fields - known == {"environment", "drawing"}
    assert known <= fields


def test_an_annotation_stands_on_the_line_to_blame(script: Path) -> None:
    """GitHub gets the path from the workflow's folder, the stretch of source, and the sentence on one escaped line."""
    (line,) = github.commands(diagnosis(str(script)), [], script.parent.parent)
    head, _, text = line.removeprefix("::").partition("::")
    assert head.startswith("error file=my code/predict é.py,line=3,endLine=3,col=1,endColumn=28,title=KG301 ")
    assert "100%25 one sample, not: a, batch." in text
    assert "%0Afix: add the axis (tried on your objects: the model returns (1, 6))%0A" in text
    assert "\n" not in line


def test_warnings_are_annotations_of_their_own(script: Path) -> None:
    """A mistake that raised nothing is a warning; a name with separators cannot forge properties."""
    odd = dataclasses.replace(diagnosis(str(script)), name="a,line=9::b\nc", exception=None, crash=None)
    (line,) = github.commands(None, [odd], script.parent)
    assert line.startswith("::warning file=predict é.py,line=3,")
    assert "title=KG301 a%2Cline=9%3A%3Ab" in line
    nowhere = dataclasses.replace(odd, cause=None)
    assert github.commands(None, [nowhere], script.parent)[0].startswith("::warning title=KG301")


def test_columns_are_told_only_on_one_line(script: Path) -> None:
    """A stretch of several lines has no columns in an annotation: GitHub would not show it."""
    found = diagnosis(str(script))
    assert found.cause is not None
    long = dataclasses.replace(found, cause=dataclasses.replace(found.cause, end_row=4))
    assert ",line=3,endLine=4,title=" in github.commands(long, [], script.parent)[0]


def test_a_sarif_log_is_valid_and_complete(script: Path) -> None:
    """The log passes the public schema; rule, place, trace and fixes are in it."""
    root = script.parent.parent
    run = valid_sarif(sarif.log(diagnosis(str(script)), [diagnosis(str(script))], root))
    error, warning = run["results"]
    assert (error["level"], warning["level"]) == ("error", "warning")
    assert run["tool"]["driver"]["rules"][error["ruleIndex"]]["id"] == "KG301"
    assert run["tool"]["driver"]["rules"][0]["shortDescription"]["text"].endswith(".")
    place = error["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "my%20code/predict%20%C3%A9.py", "uriBaseId": "%SRCROOT%"}
    assert place["region"]["startLine"] == 3
    flow = error["codeFlows"][0]["threadFlows"][0]["locations"]
    assert [step["location"]["message"]["text"] for step in flow] == ["made here: (8, 8, 3)", "refused here"]
    assert [fix["properties"]["status"] for fix in error["fixes"]] == ["verified", "unverified"]


def test_a_fix_in_sarif_is_the_fix(script: Path) -> None:
    """Carrying out the replacements of the log gives the same text as carrying out the edits."""
    found = diagnosis(str(script))
    run = valid_sarif(sarif.log(found, [], script.parent))
    lines = SOURCE.splitlines(keepends=True)
    for fix, said in zip(found.fixes, run["results"][0]["fixes"], strict=False):
        (change,) = said["artifactChanges"]
        edits = [
            Edit(
                str(script),
                (part["deletedRegion"]["startLine"], part["deletedRegion"]["startColumn"]),
                (part["deletedRegion"]["endLine"], part["deletedRegion"]["endColumn"]),
                part.get("insertedContent", {}).get("text", ""),
            )
            for part in change["replacements"]
        ]
        assert apply_edits(lines, edits) == apply_edits(lines, fix.edits)


def test_an_empty_log_is_valid(tmp_path: Path) -> None:
    """A run without a mistake has a log without results; a file outside the root is told by its whole address."""
    assert valid_sarif(sarif.log(None, [], tmp_path))["results"] == []
    outside = diagnosis("/elsewhere/a b.py")
    run = valid_sarif(sarif.log(outside, [], tmp_path))
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "file:///elsewhere/a%20b.py"}


def test_run_leaves_everything_that_was_asked_for(python: Python, tmp_path: Path) -> None:
    """One run prints a SARIF log after the program's output, writes report and page, and ends as Python would."""
    (tmp_path / "program.py").write_text(f"print('hello')\nimport os\n{PROGRAM}", encoding="utf-8")
    done = python(
        ["-m", "kerasguard", "run", "--format", "sarif", "--report", "r.json", "--html", "p.html", "program.py"],
        environment={"GITHUB_WORKSPACE": ""},
    )
    assert done.returncode == 1
    greeting, _, text = done.stdout.partition("\n")
    assert greeting == "hello"
    run = valid_sarif(json.loads(text))
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "program.py"
    assert run["results"][0]["fixes"][0]["properties"]["status"] == "verified"
    assert read_report(tmp_path / "r.json")["diagnosis"]["code"] == "KG301"
    page = (tmp_path / "p.html").read_text(encoding="utf-8")
    assert "KG301" in page
    assert re.search(r"<svg[^>]*>.*✗ \(8, 8, 3\).*</svg>", page, re.DOTALL)
    assert "KG301 missing-batch-axis" in done.stderr


def test_run_writes_the_format_to_a_file(python: Python, tmp_path: Path) -> None:
    """With --output the program's own output stays alone, also when it changes the working directory."""
    (tmp_path / "program.py").write_text("import os\nos.chdir('/')\nprint('done')\n", encoding="utf-8")
    done = python(
        ["-m", "kerasguard", "run", "--format", "sarif", "--output", "log.sarif", "--html", "p.html", "program.py"]
    )
    assert (done.returncode, done.stdout) == (0, "done\n")
    assert valid_sarif(json.loads((tmp_path / "log.sarif").read_text(encoding="utf-8")))["results"] == []
    assert "Nothing to explain" in (tmp_path / "p.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "options",
    [["--html", "nowhere/p.html"], ["--format", "github", "--output", "nowhere/x"], ["--output", "x"]],
)
def test_what_cannot_be_written_is_told_before_the_run(python: Python, tmp_path: Path, options: list[str]) -> None:
    """A missing folder, or an output without a format, costs one line and status 2, and nothing runs."""
    (tmp_path / "program.py").write_text("print('ran')\n", encoding="utf-8")
    done = python(["-m", "kerasguard", "run", *options, "program.py"])
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
