"""What is endless, huge or deep costs a bounded time, and the user's exception comes out as it went in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import FLAVOURS, REPOSITORY, collected

MOST_FRAMES = 4
SECONDS = (
    6  # of processor time that the guard may add to twice what the program needs: twice what an explanation may take
)

RECURSIVE = {
    "a list in itself as data": "z = []\nz.append(z)\nmodel.fit(z, y)\n",
    "a list in itself as labels": "z = []\nz.append(z)\nmodel.fit(bad, z)\n",
    "a list in itself to call": "z = [bad]\nz.append(z)\nmodel(z)\n",
    "a dict in itself": "z = {}\nz['a'] = z\nmodel.fit(z, y)\n",
    "each in the other": "z, u = [bad], {'b': bad}\nz.append(u)\nu['a'] = (z,)\ntwo().fit(u, y)\n",
    "among the names": "z = [bad]\nz.append(z)\nmodel(z[0])\n",
    "as weights": "z = {}\nz[0] = z\nmodel.fit(bad, y, class_weight=z)\n",
    "as an argument of a layer": "z = []\nz.append(z)\nlayers.Reshape(z)(bad)\n",
    "as an attribute of an object": "class Own: pass\nz = Own()\nz.z = z\nz.data = bad\nmodel(z.data)\n",
    "an array of objects": "z = np.empty(2, object)\nz[0] = z[1] = z\nmodel.fit(z, y)\n",
    "many paths to one thing": "z = bad\nfor _ in range(60): z = [z, z]\ndef h(z, t): return t\nmodel(h(z, bad))\n",
    "many paths into itself": "z = []\nz += [z, z, z]\nmodel.fit(z, y)\n",
    "a closure": "def f(t=bad): return model(t if f else f)\nf.f = f\nf()\n",
}
LARGE = {
    "a million numbers": "z = [0.0] * 1_000_000\nmodel.fit(z, y)\n",
    "a million labels": "z = [0] * 1_000_000\nmodel.fit(bad, z)\n",
    "a million beside it": "z = list(range(1_000_000))\nu = dict.fromkeys(z, bad)\nw = set(z)\nmodel(u[5])\n",
    "many arrays": "z = [x] * 2_000\nmodel.fit(z, y)\n",
    "many keys": "z = dict.fromkeys(map(str, range(100_000)), bad)\nmodel(z)\n",
    "a text of ten megabytes": "z = 'ab ' * 3_000_000\nmodel.fit([z], y)\n",
    "a name of a megabyte": "layers.Conv2D(1, 3, name='a' * 1_000_000)(bad)\n",
    "many names": "globals().update({f'z{i}': bad for i in range(50_000)})\nmodel(z7)\n",
    "an axis without end": "model(np.broadcast_to(np.float32(0), (2**40, 5)))\n",
    "many axes": "model(np.zeros((1,) * 32, 'float32'))\n",
}
DEEP = {
    "lists in lists": "z = bad\nfor _ in range(5000): z = [z]\nmodel(z)\n",
    "dicts in dicts": "z = bad\nfor _ in range(700): z = {'a': z}\nmodel.fit(z, y)\n",
    "tuples as labels": "z = 1\nfor _ in range(10): z = (z, z)\nmodel.fit(bad, z)\n",
    "objects in objects": (
        "class Own: pass\nz = Own()\nfirst = z\n"
        "for _ in range(5000):\n    z.data, z.more = bad, Own()\n    z = z.more\nmodel(first.more.data)\n"
    ),
    "a sum of two thousand terms": f"z = bad{' + 0' * 2000}\nmodel(z)\n",
    "a chain of methods": f"z = bad{'.copy()' * 150}\nmodel(z)\n",
    "a thousand bindings": f"z = bad\n{'z = z + 0' + chr(10)}".replace("z = z + 0\n", "z = z + 0\n" * 3000)
    + "model(z)\n",
    "a thousand branches": "z = bad\nif len(z) == -1: z = x\n" + "elif len(z) == -1: z = x\n" * 400 + "model(z)\n",
    "helpers that call helpers": (
        "def h0(t): return t\n"
        + "".join(f"def h{n}(t): return h{n - 1}(t)\n" for n in range(1, 400))
        + "model(h399(bad))\n"
    ),
    "models in models": (
        "m = keras.Sequential([keras.Input((4,)), layers.Dense(4)])\n"
        "for _ in range(40): m = keras.Sequential([keras.Input((4,)), m])\nm(bad)\n"
    ),
    "five thousand layers in a row": (
        "t = inputs = keras.Input((4,))\nm = None\n"
        "for _ in range(5000): t = layers.Activation('linear')(t)\nlayers.Conv2D(1, 3)(t)\n"
    ),
    "a model of five thousand layers": (
        "sys = __import__('sys')\nsys.setrecursionlimit(50_000)\n"
        "t = inputs = keras.Input((4,))\n"
        "for _ in range(5000): t = layers.Activation('linear')(t)\nkeras.Model(inputs, t)(bad)\n"
    ),
}
# At each of these depths, calling the model works out or hits the limit of recursion by itself.
EDGE = """
told = []
def deeper(n, act):
    return act() if n == 0 else deeper(n - 1, act)
def act():
    model(bad)
import sys
for depth in range(sys.getrecursionlimit() - {0}, sys.getrecursionlimit() - {1}, {2}):
    try:
        deeper(depth, act)
    except Exception as error:
        told.append((depth, type(error).__name__))
"""
LIMITS = {
    "a layer without end": "class L(layers.Layer):\n    def call(self, t): return self.call(t)\nL()(bad)\n",
    "a model without end": (
        "class M(keras.Model):\n    def call(self, t): return self(t)\nm = M()\nm.compile('sgd', 'mse')\nm.predict(x)\n"
    ),
    "a function without end around a model": "def f():\n    model(x)\n    return f()\nf()\n",
    "a function without end around a mistake": (
        "def f():\n    try:\n        model(bad)\n    except ValueError:\n        pass\n    return f()\nf()\n"
    ),
    "a function without end in a layer": "def f(): return f()\nlayers.Lambda(lambda t: f())(x)\n",
    "no memory in a layer": (
        "class L(layers.Layer):\n    def call(self, t): return bytearray(10**15)\nL()(bad)\n"
    ),
    "no memory in the program": "model(np.zeros((10**9, 10**6)))\n",
    "no memory in a loss": (
        "def loss(a, b): raise MemoryError\nmodel.compile('sgd', loss)\nmodel.fit(x, y, verbose=0)\n"
    ),
    "no memory in the data": (
        "def g():\n    yield x, y\n    raise MemoryError('full')\nmodel.fit(g(), verbose=0, steps_per_epoch=2)\n"
    ),
    "a low limit": "import sys\nsys.setrecursionlimit(200)\nmodel(bad)\n",
}  # fmt: skip
# tf_keras makes an array of every number or text: minutes without any guard.
KERAS3_ONLY = {"a million numbers", "a million labels", "many arrays", "many keys"}
# Where exactly the limit is met, in which words, hangs on every single frame.
ONLY_TYPES = {"a function without end around a model"}
GROUPS = {"recursive": RECURSIVE, "large": LARGE, "deep": DEEP, "limits": LIMITS}


def outcomes(flavour: str, programs: dict[str, str], folder: Path) -> dict[str, Any]:
    """Run programs in children of one collector."""
    path = folder / "programs.json"
    path.write_text(json.dumps(programs), encoding="utf-8")
    found: dict[str, Any] = json.loads(collected(flavour, REPOSITORY / "tests" / "hostile" / "collect.py", path))
    return found


@pytest.mark.parametrize("flavour", FLAVOURS)
@pytest.mark.parametrize("group", GROUPS)
def test_such_programs(group: str, flavour: str, tmp_path: Path) -> None:
    """Type, args and text of the error are those of the run without the guard, and no fault of ours is told."""
    wrong = {}
    programs = {name: text for name, text in GROUPS[group].items() if flavour == "keras3" or name not in KERAS3_ONLY}
    for name, (plain, guarded) in outcomes(flavour, programs, tmp_path).items():
        compared = ("kind", "args", "limit") if name in ONLY_TYPES else ("kind", "args", "limit", "text")
        same = [guarded.get(what) == plain.get(what) for what in compared]
        late = guarded.get("seconds", 0) - 2 * plain.get("seconds", 0)
        if not all(same) or late > SECONDS or "kerasguard failed" in guarded["printed"] or "died" in guarded["kind"]:
            wrong[name] = (plain, guarded)
    assert not wrong


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_near_the_limit_of_recursion(flavour: str, tmp_path: Path) -> None:
    """However few frames are left, the error of the model is the user's; the wrapper itself takes a few."""
    program = {"far": EDGE.format(900, 100, 50), "near": EDGE.format(45, 5, 1)}
    for plain, guarded in outcomes(flavour, program, tmp_path).values():
        assert "kerasguard failed" not in guarded["printed"]
        alone, with_us = dict(plain["told"]), dict(guarded["told"])
        assert alone.keys() == with_us.keys()
        assert guarded["limit"] == plain["limit"]
        differing = [depth for depth in alone if alone[depth] != with_us[depth]]
        assert len(differing) <= MOST_FRAMES, differing
