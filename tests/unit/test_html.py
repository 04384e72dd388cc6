"""The page and its drawing: complete, safe, small, and readable in a real browser."""

from __future__ import annotations

import dataclasses
import html
import json
import os
import re
import shutil
import subprocess
import sys
import time
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kerasguard.diagnosis import folding
from kerasguard.render import html as pages
from kerasguard.render import svg
from kerasguard.render.layering import BOX_WIDTH, laid_out
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
from tests.conftest import Python

SOURCE = "import numpy as np\n\npicture = np.zeros((8, 8, 3))\nprint(model(picture).shape)\n"
HOSTILE = "</title></style><script>alert(1)</script><img src=x onerror=alert(1)> \" ' & \x1b[31m \u202e"
VOID = {"meta", "br", "img", "hr", "link", "input"}


def diagnosis(filename: str = "predict.py", drawing: Drawing | None = None, text: str = "") -> Diagnosis:
    """Return a diagnosis that fills every field, with `text` wherever a user's text can stand."""
    cause = Place(filename, 3, 3, 1, 29, f"load{text}", f"picture = np.zeros((8, 8, 3)){text}")
    crash = Place(filename, 4, 4, 1, 28, "<module>", "print(model(picture).shape)")
    edit = Edit(filename, (4, 20), (4, 20), f"[np.newaxis]{text}")
    return Diagnosis(
        code="KG301",
        name="missing-batch-axis",
        title=f"`picture` is one sample{text}.",
        explanation=f"Axis 0 is the batch axis{text}.",
        cause=cause,
        trace=(Step(cause, f"made here{text}", (8, 8, 3)), Step(crash, "refused here")),
        offenders=(Offender(f"picture{text}", "numpy", (8, 8, 3), "float32", f"x{text}"),),
        expected=(Expectation(f"image{text}", (None, 8, 8, 3), "float32", f"the Input{text}"),),
        fixes=(
            Fix(f"add the axis{text}", (edit,), "verified", f"the model returns (1, 6, 6, 2){text}"),
            Fix(f"something else{text}", (dataclasses.replace(edit, filename="nowhere.py"),)),
        ),
        also=("KG309",),
        crash=crash,
        exception=ExceptionFacts(f"pkg.Error{text}", "a message with values 0.123456"),
        drawing=drawing or small(text),
    )


def small(text: str = "") -> Drawing:
    """Return data that does not fit its Input."""
    nodes = (
        DrawnNode(f"picture{text}", "data", (8, 8, 3), "input"),
        DrawnNode(f"image{text}", "InputLayer", (None, 8, 8, 3), "failing"),
        DrawnNode("2 layers", f"of model{text}", (None, 2), "ok", 2),
    )
    return Drawing(nodes, (DrawnEdge(0, 1, (8, 8, 3), refused=True), DrawnEdge(1, 2, (None, 8, 8, 3))))


def chain(length: int, tail: int = 0) -> Drawing:
    """Return an Input, a run of layers, and a failing one."""
    nodes = [DrawnNode("image", "InputLayer", (None, 8), "input")]
    nodes += [DrawnNode(f"dense_{number}", "Dense", (None, 8)) for number in range(length)]
    nodes.append(DrawnNode("last", "Dense", None, "failing"))
    edges = [DrawnEdge(index, index + 1, (None, 8), index == length) for index in range(length + 1)]
    edges += [DrawnEdge(0, index, (None, 8)) for index in range(2, tail + 2)]
    return Drawing(tuple(nodes), tuple(edges))


@st.composite
def graphs(draw: st.DrawFn) -> Drawing:
    """Draw graphs with sources first, the last box failing."""
    count = draw(st.integers(2, 70))
    nodes, edges = [], []
    for index in range(count):
        before = draw(st.lists(st.integers(max(0, index - 8), index - 1), max_size=3, unique=True)) if index else []
        if index == count - 1 and not before:
            before = [index - 1]
        state = "failing" if index == count - 1 else "ok" if before else "input"
        nodes.append(DrawnNode(f"box{index}", "Dense", (None, index), state))  # type: ignore[arg-type]
        edges += [DrawnEdge(source, index, (None, source), index == count - 1) for source in before]
    return Drawing(tuple(nodes), tuple(edges))


class Checker(HTMLParser):
    """Read a page strictly: every element is closed where it should be, ids are unique, nothing is fetched."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.ids: list[str] = []
        self.refers: list[str] = []
        self.tags: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.tags.append(tag)
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attrs:
            assert not name.startswith("on"), name
            assert name not in {"src", "href", "srcset", "action", "data"}, (tag, name)
            if name == "id":
                self.ids.append(value or "")
            if name in {"aria-labelledby", "aria-describedby"}:
                self.refers += (value or "").split()

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element without content."""
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        """Expect the end of the innermost element."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Keep the text."""
        self.text.append(data)


def checked(page: str) -> Checker:
    """Return what was read of a page that holds to the rules."""
    checker = Checker()
    checker.feed(page)
    checker.close()
    assert checker.open == []
    assert len(checker.ids) == len(set(checker.ids))
    assert set(checker.refers) <= set(checker.ids)
    assert "script" not in checker.tags
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", page)
    return checker


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Write the program that the diagnosis is about into the working directory."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "predict.py"
    path.write_text(SOURCE, encoding="utf-8")
    return str(path)


def test_a_page_says_everything(script: str) -> None:
    """Sentence, table, drawing, annotated source, diff and trial are on the page; the message with values is not."""
    page = diagnosis(script).to_html()
    checker = checked(page)
    said = " ".join("".join(checker.text).split())
    for words in (
        "KG301 missing-batch-axis",
        "picture is one sample.",
        "predict.py:3 in load cause",
        "(None, 8, 8, 3)",
        "made here: (8, 8, 3)",
        "tried on your objects: the model returns (1, 6, 6, 2)",
        "or: something else (not tried)",
        "picture (data) gives (8, 8, 3) to image (wants (None, 8, 8, 3)): does not fit",
        "python -m kerasguard explain KG301",
    ):
        assert words in said, words
    assert "0.123456" not in page
    assert "<ins>[np.newaxis]</ins>" in page
    assert {"main", "article", "section", "h1", "h2", "table", "ol", "svg", "title", "desc", "details"} <= set(
        checker.tags
    )


def test_whatever_the_user_wrote_is_text(script: str) -> None:
    """Names, notes, source and titles cannot become elements, attributes or control characters."""
    for shown in (pages.page(diagnosis(script, text=HOSTILE)), pages.fragment(diagnosis(script, text=HOSTILE))):
        checker = checked(shown)
        assert "img" not in checker.tags
        assert "<script>alert(1)</script>" in "".join(checker.text)
        assert not re.search("[\x00-\x09\x0b-\x1f\u202e]", shown)


def test_fragments_can_stand_together(script: str) -> None:
    """Several fragments on one notebook page keep their ids apart; a fragment is what notebooks show."""
    one, other = diagnosis(script), diagnosis(script, text="!")
    assert one._repr_html_() == pages.fragment(one)
    checked(f"<div>{pages.fragment(one)}{pages.fragment(other)}</div>")
    checked(pages.page(one, [dataclasses.replace(one, exception=None, crash=None), other]))


def test_a_page_without_facts_is_a_page(tmp_path: Path) -> None:
    """Nothing found, and a diagnosis with next to nothing in it, give whole pages too."""
    assert "Nothing to explain" in "".join(checked(pages.page(None)).text)
    bare = Diagnosis("KG000", "unknown-mistake", "Something.", "", None)
    assert "svg" not in checked(pages.page(bare)).tags
    gone = Place(str(tmp_path / "gone.py"), 7, 8, 1, 4, "f", "a = (\n  1)")
    assert "a = (" in "".join(checked(pages.page(dataclasses.replace(bare, cause=gone))).text)


@settings(deadline=None, max_examples=60)
@given(graphs())
def test_a_drawing_is_small_and_in_order(drawing: Drawing) -> None:
    """Folding keeps at most 40 boxes, the failing one, its tensors and the direction of every arrow."""
    found = folding.folded(drawing)
    assert len(found.nodes) <= folding.MOST_NODES
    assert [node.name for node in found.nodes if node.state == "failing"] == [f"box{len(drawing.nodes) - 1}"]
    assert sum(edge.refused for edge in found.edges) >= 1
    assert all(0 <= edge.source < edge.target < len(found.nodes) for edge in found.edges)
    assert sum(node.count for node in found.nodes) == len(drawing.nodes)


@settings(deadline=None, max_examples=60)
@given(graphs())
def test_boxes_do_not_overlap(drawing: Drawing) -> None:
    """Boxes of a row leave room for each other, arrows lead down, and the result is an element that can be read."""
    found = folding.folded(drawing)
    layout = laid_out(found)
    for index, spot in enumerate(layout.boxes):
        for other in layout.boxes[index + 1 :]:
            assert spot.row != other.row or abs(spot.x - other.x) >= BOX_WIDTH
    for edge, way in zip(found.edges, layout.ways, strict=True):
        assert layout.boxes[edge.source].row < layout.boxes[edge.target].row
        assert [spot.row for spot in way] == list(range(way[0].row, way[-1].row + 1))
    checked(svg.sheet(found, "title", "id"))


def test_long_runs_are_folded_around_the_failing_path() -> None:
    """Of 300 layers in a row those next to the failing one stay; skip connections do not undo the limit."""
    found = folding.folded(chain(300))
    assert [node.name for node in found.nodes] == ["image", "298 layers", "dense_298", "dense_299", "last"]
    assert len(folding.folded(chain(300, tail=200)).nodes) <= folding.MOST_NODES


# The drawing is read off live models: the same programs under both Kerases.
LIVE = """\
import json, sys
import numpy as np
import tensorflow as tf
import kerasguard
from kerasguard.diagnosis import picture
from kerasguard.guarding import switch
keras, layers = tf.keras, tf.keras.layers
found, times = {}, []
plain = picture.draw
def timed(*arguments):
    import time
    for _ in range(5):
        begin = time.perf_counter()
        drawn = plain(*arguments)
        times.append(time.perf_counter() - begin)
    return drawn
picture.draw = timed

def drawn(name, action):
    try:
        with kerasguard.guard():
            action()
    except Exception as error:
        drawing = switch.diagnose(error).drawing
        found[name] = drawing and {
            "nodes": [[n.name, n.kind, n.state, n.count] for n in drawing.nodes],
            "edges": [[e.source, e.target, e.shape, e.refused] for e in drawing.edges],
            "ms": 1000 * min(times),
        }
        times.clear()

def two_towers():
    left, right = keras.Input((4,), name="left"), keras.Input((6,), name="right")
    joined = layers.Concatenate(name="joined")([layers.Dense(3, name="a")(left), layers.Dense(3, name="b")(right)])
    return keras.Model([left, right], layers.Dense(1, name="out")(joined), name="towers")

drawn("swapped", lambda: two_towers().predict([np.zeros((2, 6)), np.zeros((2, 4))], verbose=0))
drawn("by key", lambda: two_towers().predict({"right": np.zeros((2, 6)), "left": np.zeros((2, 5))}, verbose=0))

def deep():
    tensor = keras.Input((8,), name="start")
    for _ in range(200):
        tensor = layers.Dense(8)(tensor)
    layers.LSTM(3, name="reader")(tensor)
drawn("deep", deep)

def residual():
    tensor = keras.Input((8,), name="start")
    for number in range(60):
        tensor = layers.Add()([tensor, layers.Dense(8)(tensor)])
    layers.Add(name="meet")([tensor, layers.Dense(9, name="wide")(tensor)])
drawn("residual", residual)

def inside():
    body = [layers.Dense(5, name="widen"), layers.Reshape((4, 5), name="fold"), layers.LSTM(2)]
    inner = keras.Sequential([keras.Input((None, 6)), *body], name="inner")
    outer = keras.Input((None, 6), name="outer")
    model = keras.Model(outer, inner(layers.Dropout(0.1, name="drop")(outer)))
    model(np.zeros((3, 2, 6)))
drawn("inside", inside)

class Own(keras.Model):
    def __init__(self):
        super().__init__(name="own")
        self.first, self.second = layers.Dense(4, name="first"), layers.Conv2D(2, 3, name="second")
    def call(self, inputs):
        return self.second(self.first(inputs))
drawn("own", lambda: Own()(np.zeros((2, 5), "float32")))

def labels():
    model = two_towers()
    model.compile("sgd", "mse")
    model.fit([np.zeros((4, 4)), np.zeros((4, 6))], {"nothing": np.zeros((4, 1))}, verbose=0)
drawn("labels", labels)

def listed():
    left, right = keras.Input((4,), name="left"), keras.Input((4,), name="right")
    keras.Model(left, layers.Add(name="sum")([left, right]))
drawn("listed", listed)
print(json.dumps(found))
"""


@pytest.fixture(scope="module", params=["0", "1"], ids=["keras3", "tf_keras"])
def live(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return the drawings of the programs above."""
    folder = tmp_path_factory.mktemp("live")
    (folder / "live.py").write_text(LIVE, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "live.py"],
        cwd=folder,
        env=os.environ | {"TF_USE_LEGACY_KERAS": request.param},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout.splitlines()[-1]))


def names(drawing: dict[str, Any], state: str) -> list[str]:
    """Return the names of the boxes in one state."""
    return [name for name, _, own, _ in drawing["nodes"] if own == state]


def refused(drawing: dict[str, Any]) -> list[tuple[str, str, list[int | None]]]:
    """Return the arrows that do not fit: from, to, shape."""
    boxes = drawing["nodes"]
    return [(boxes[source][0], boxes[target][0], shape) for source, target, shape, bad in drawing["edges"] if bad]


def test_data_is_drawn_at_the_input_that_refuses_it(live: dict[str, Any]) -> None:
    """Swapped inputs mark both Inputs; of data in a dict only the one that does not fit is marked."""
    assert names(live["swapped"], "failing") == ["left", "right"]
    assert [target for _, target, _ in refused(live["swapped"])] == ["left", "right"]
    assert refused(live["by key"]) == [("left", "left", [2, 5])]
    assert names(live["by key"], "failing") == ["left"]


def test_a_model_under_construction_is_drawn_from_its_inputs(live: dict[str, Any]) -> None:
    """The way back goes to the Input, is folded, and costs little."""
    deep = live["deep"]
    assert names(deep, "input") == ["start"]
    assert names(deep, "failing") == ["reader"]
    assert [shape for _, _, shape in refused(deep)] == [[None, 8]]
    assert sum(count for _, kind, _, count in deep["nodes"] if kind == "layers") >= 190
    residual = live["residual"]
    assert len(residual["nodes"]) <= folding.MOST_NODES
    assert [shape for _, _, shape in refused(residual)] == [[None, 8], [None, 9]]
    assert max(deep["ms"], residual["ms"]) < 50  # 5 on a quiet machine


def test_the_failing_layer_is_found_inside_other_models(live: dict[str, Any]) -> None:
    """A layer of a nested model, and of a model with its own `call`, is drawn with the shape it was given."""
    inside = live["inside"]
    assert names(inside, "failing") == ["fold"]
    assert {"outer", "drop", "widen"} <= {node[0] for node in inside["nodes"]}
    assert refused(inside) == [("widen", "fold", [3, 2, 5])]
    assert names(live["own"], "failing") == ["second"]
    assert [shape for _, _, shape in refused(live["own"])] == [[2, 4]]


def test_labels_and_forgotten_inputs_are_drawn(live: dict[str, Any]) -> None:
    """Labels meet the output in the loss; an Input that the model does not list is marked."""
    kinds = {kind for _, kind, _, _ in live["labels"]["nodes"]}
    assert {"data", "labels", "loss"} <= kinds
    assert "right" in names(live["listed"], "failing")


# --- in a real browser

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
]
in_browser = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here (Debian: apt-get install chromium)")
PROBE = """
const visible = [...document.querySelectorAll('main *')].filter(e => e.checkVisibility());
const rgb = text => (text.match(/[\\d.]+/g) || []).map(Number);
const light = ([r, g, b]) => [r, g, b].map(c => c / 255).map(c => c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4)
  .reduce((sum, c, i) => sum + c * [.2126, .7152, .0722][i], 0);
const ground = e => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor);
  if (c.length === 3 || c[3] > 0) return c; } return [255, 255, 255]; };
const own = e => [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim());
const contrast = visible.filter(own).map(e => {
  const inside = e.closest('svg');
  const box = inside && e.parentElement.querySelector(':scope > rect');
  const front = rgb(inside ? getComputedStyle(e).fill : getComputedStyle(e).color);
  const back = box ? rgb(getComputedStyle(box).fill) : ground(e);
  const [a, b] = [light(front), light(back)].sort((x, y) => y - x);
  return [Math.round(100 * (a + .05) / (b + .05)) / 100, e.textContent.trim().slice(0, 30)];
}).filter(([, text]) => text).sort((x, y) => x[0] - y[0]);
const reach = [...document.querySelectorAll('summary, [tabindex="0"], a[href], button')].map(e => {
  e.focus(); return [e.tagName.toLowerCase(), document.activeElement === e, e.getAttribute('aria-label') || '']; });
const picture = document.querySelector('.picture'), seen = picture && picture.getBoundingClientRect();
const bad = document.querySelector('.kg-failing rect');
const found = {
  width: innerWidth, scroll: document.documentElement.scrollWidth,
  background: getComputedStyle(document.body).backgroundColor,
  smallest: Math.min(...visible.filter(e => !e.closest('svg')).filter(own)
    .map(e => parseFloat(getComputedStyle(e).fontSize))),
  letters: bad ? document.querySelector('svg').getBoundingClientRect().width /
    document.querySelector('svg').viewBox.baseVal.width : 1,
  contrast: contrast[0], reach, requests: performance.getEntriesByType('resource').length,
  failing: bad && [bad.getBoundingClientRect().left - seen.left, seen.right - bad.getBoundingClientRect().right],
};
const out = parent.document.createElement('pre'); out.id = 'found'; out.textContent = JSON.stringify(found);
parent.document.body.append(out);
"""


def browse(page: Path, profile: Path, *flags: str) -> str:
    """Return what Chromium prints for a page."""
    assert CHROMIUM is not None
    done = subprocess.run(
        [CHROMIUM, *FLAGS, f"--user-data-dir={profile}", *flags, page.as_uri()],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def probed(text: str, folder: Path, width: int, *, dark: bool) -> dict[str, Any]:
    """Return what a script finds on a page in a frame of some width; the page itself has no script.

    A frame, because windows of Chromium are not narrower than 500 pixels.
    """
    page = folder / "probed.html"
    free = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", text)
    framed = html.escape(free.replace("</body>", f"<script>{PROBE}</script></body>"))
    style = f"width:{width}px;height:800px;border:0"
    page.write_text(
        f'<!DOCTYPE html><meta charset="utf-8"><meta name="color-scheme" content="light dark">'
        f'<body><iframe style="{style}" srcdoc="{framed}"></iframe>',
        encoding="utf-8",
    )
    scheme = "--blink-settings=preferredColorScheme=" + ("0" if dark else "1")
    dom = browse(page, folder / "profile", "--window-size=1300,900", scheme, "--dump-dom")
    found = re.search(r'<pre id="found">(.*?)</pre>', dom, re.DOTALL)
    assert found, dom[-2000:]
    return dict(json.loads(html.unescape(found[1])))


@in_browser
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [360, 1200])
def test_the_page_is_readable(script: str, tmp_path: Path, width: int, dark: bool) -> None:  # noqa: FBT001 - a parameter
    """At 360 and 1200 pixels, light and dark: nothing sticks out, letters are large enough and stand out."""
    page = pages.page(diagnosis(script))
    found = probed(page, tmp_path, width, dark=dark)
    assert found["width"] == width
    assert found["scroll"] <= width
    assert found["smallest"] >= 12
    assert found["contrast"][0] >= 4.5, found["contrast"]
    assert (sum(map(int, re.findall(r"\d+", found["background"])[:3])) < 200) == dark
    assert found["requests"] == 0


@in_browser
def test_a_wide_drawing_begins_at_the_mismatch(script: str, tmp_path: Path) -> None:
    """Wide drawings keep letters readable, scroll by themselves, and show the failing box first."""
    nodes = [DrawnNode(f"input_{number}", "InputLayer", (None, 8, 8, 3), "input") for number in range(6)]
    wide = Drawing(
        (*nodes, DrawnNode("join", "Concatenate", None, "failing")),
        tuple(DrawnEdge(number, 6, (None, 8, 8, 3), number == 5) for number in range(6)),
    )
    found = probed(pages.page(diagnosis(script, wide)), tmp_path, 360, dark=False)
    assert found["scroll"] <= 360
    assert found["letters"] >= 0.79
    assert min(found["failing"]) >= -1, found["failing"]


@in_browser
def test_the_page_can_be_used_by_keyboard(script: str, tmp_path: Path) -> None:
    """What opens and what scrolls can be reached, and what only scrolls has a name for screen readers."""
    found = probed(pages.page(diagnosis(script)), tmp_path, 360, dark=False)
    assert all(focused for _, focused, _ in found["reach"])
    assert [tag for tag, _, _ in found["reach"]] == ["div", "summary", "summary"]
    assert found["reach"][0][2]


@in_browser
def test_the_browser_reads_what_was_written(script: str, tmp_path: Path) -> None:
    """The browser's own tree has every part where it belongs, with hostile text as text."""
    page = tmp_path / "page.html"
    page.write_text(pages.page(diagnosis(script, text=HOSTILE)), encoding="utf-8")
    dom = browse(page, tmp_path / "profile", "--dump-dom")
    checked(dom)
    assert dom.count("<article") == 1
    assert re.search(r"<main>.*<article.*<svg.*</svg>.*</article>.*</main>", dom, re.DOTALL)


@in_browser
def test_the_page_of_a_run_is_drawn(python: Python, tmp_path: Path) -> None:
    """From a failing program to pixels: the page of `run --html` gives a picture that is not empty."""
    (tmp_path / "program.py").write_text(
        "import numpy as np\nimport tensorflow as tf\nlayers = tf.keras.layers\n"
        "image = tf.keras.Input((8, 8, 3))\nx = layers.Conv2D(4, 3, padding='same')(image)\n"
        "layers.Add()([layers.Conv2D(5, 3, padding='same')(x), x])\n",
        encoding="utf-8",
    )
    assert python(["-m", "kerasguard", "run", "--html", "page.html", "program.py"]).returncode == 1
    page = tmp_path / "page.html"
    assert "✗ (None, 8, 8, 5)" in page.read_text(encoding="utf-8")
    shot = tmp_path / "shot.png"
    browse(page, tmp_path / "profile", "--window-size=360,1200", f"--screenshot={shot}")
    assert shot.stat().st_size > 20_000


def test_a_page_is_made_quickly(script: str) -> None:
    """A page costs little, also with the largest drawing."""
    large = diagnosis(script, folding.folded(chain(300, tail=200)))
    begin = time.perf_counter()
    pages.page(large)
    assert time.perf_counter() - begin < 1
