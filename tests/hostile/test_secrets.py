"""No value of the program's data gets into an output: shapes, types and names only."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import pytest

from kerasguard.guarding import checks
from tests.hostile import harness

# Numbers that no shape, axis, unit or range happens to have, and a text; none of them stands in a source line.
NUMBERS = (739_201, 0.48_213_907)
TEXT = "qV7-hunter2-Zk"
SPELLINGS = (
    *("739201", "739_201", "739,201", "7.392", hex(NUMBERS[0])),
    *("0.482", ".48213", "4.8213", NUMBERS[1].hex()),
    *(TEXT, "hunter2", TEXT.encode().hex(), repr(TEXT.encode())),
)
HEAD = """
import json, os
number, fraction, text = json.loads(open(os.environ["SECRET_FILE"]).read())
password = os.environ["SECRET_TEXT"]
key = password.encode()
values = np.full((8, 5), fraction, "float32")
ids = np.full((8, 5), number)
words = np.array([text] * 8)
table = {"name": text, "pin": number, "rows": [fraction, number], "raw": key}
config = {"token": password, "layers": [1, 2]}
class Settings:
    token = password
    def __init__(self): self.pin = number
settings = Settings()
def helper(data, token=password, pin=number):
    local, held = text, {"k": number}
    return data
"""
PROGRAMS = {
    "wrong shape": "model(helper(values))\n",
    "wrong shape, training": "model.fit(values, np.full((8, 1), fraction))\n",
    "no batch axis": "model.predict(values[0, :4])\n",
    "a list": "model.fit(values.tolist(), [fraction] * 8)\n",
    "a list of texts": "model.fit([text] * 8, y)\n",
    "words as data": "model.fit(words, y)\n",
    "words as labels": "model.fit(x, words)\n",
    "classes in words": (
        "m = keras.Sequential([keras.Input((4,)), layers.Dense(3, activation='softmax')])\n"
        "m.compile('sgd', 'sparse_categorical_crossentropy')\nm.fit(x, words)\n"
    ),
    "objects": "model.fit(np.array([text, number, None, key] * 2, dtype=object), y)\n",
    "a dict": "two().fit({'a': values, 'b': words}, y)\n",
    "a dict of settings": "model.fit(table, y)\n",
    "a dict in a list": "model.fit([table] * 8, y)\n",
    "rows": "model.fit(x, np.full((3, 1), fraction))\n",
    "a dataset": "model.fit(tf.data.Dataset.from_tensor_slices((values, words)).batch(4))\n",
    "an unbatched dataset": "model.fit(tf.data.Dataset.from_tensor_slices((values[:, :4], values[:, :1])))\n",
    "a dataset of dicts": "model.fit(tf.data.Dataset.from_tensors({'x': values, 'y': words}))\n",
    "a generator": "model.fit(((values, values) for _ in range(3)))\n",
    "a generator of pairs": "def g(secret=text):\n    yield helper((words, ids))\nmodel.fit(g())\n",
    "one-hot": (
        "m = keras.Sequential([keras.Input((4,)), layers.Dense(3, activation='softmax')])\n"
        "m.compile('sgd', 'categorical_crossentropy')\nm.fit(x, np.full((8,), number % 3))\n"
    ),
    "units": "m = keras.Sequential([keras.Input((4,)), layers.Dense(3)])\nm.compile('sgd', 'mse')\nm.fit(x, ids)\n",
    "weights": "model.fit(x, y, sample_weight=ids)\n",
    "class weights": "model.fit(x, y, class_weight=[fraction, fraction])\n",
    "more class weights": "two().fit([x, x], y, class_weight={0: fraction, number: 1.0, text: 2.0})\n",
    "set_weights": "model.set_weights([ids, values])\n",
    # Of numbers out of their range the two limits are told, and nothing between them.
    "an embedding": (
        "ids[0], ids[1] = 0, 9_000_000\ne = keras.Sequential([keras.Input((5,)), layers.Embedding(10, 2)])\ne(ids)\n"
    ),
    "labels out of range": (
        "m = keras.Sequential([keras.Input((4,)), layers.Dense(3, activation='softmax')])\n"
        "m.compile('sgd', 'sparse_categorical_crossentropy')\n"
        "m.fit(x, np.array([0, number, 9_000_000, 1] * 2))\n"
    ),
    "a merge": "layers.Concatenate()([values, ids[:3]])\n",
    "an operator": "keras.Input((3,)) + values\n",
    "foreign": "np.add(keras.Input((3,)), words)\n",
    "an attribute": "model.settings = settings\nmodel.fit(settings, y)\n",
    "an object": "model(settings)\n",
    "reshape": "layers.Reshape((2, 3))(values)\n",
    "matmul": "tf.matmul(values, ids.astype('float32'))\n",
    "an argument": "layers.Dense(4, secret=config)\n",
    "a name": "model.fit(x, y, callbacks=[table])\n",
    "validation": "model.fit(x, y, validation_data=(values, words))\n",
    "a layer of one's own": (
        "class Layer(layers.Layer):\n"
        "    def __init__(self, token):\n        super().__init__()\n        self.token = token\n"
        "    def call(self, t, pin=number):\n        held = self.token\n        return tf.reshape(t, (3, 7))\n"
        "Layer(password)(values)\n"
    ),
    "silent: columns": "model.fit(x, values[:, :3], verbose=0)\n",
    "silent: softmax": (
        "m = keras.Sequential([layers.Dense(1, activation='softmax')])\nm.compile('sgd', 'mse')\n"
        "m.fit(values, values[:, :1], verbose=0)\n"
    ),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_no_value_is_told(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The secrets are in arrays, lists, dicts, defaults, attributes and the environment, and in no output of ours."""
    secret = tmp_path / "secret.json"
    secret.write_text(f'[{NUMBERS[0]}, {NUMBERS[1]}, "{TEXT}"]', encoding="utf-8")
    monkeypatch.setitem(os.environ, "SECRET_FILE", str(secret))
    monkeypatch.setitem(os.environ, "SECRET_TEXT", TEXT)
    before = len(checks.seen())
    ran = harness.run(HEAD + PROGRAMS[name], tmp_path, name="program.py")
    found = [one for one in (ran.diagnosis, *checks.seen()[before:]) if one is not None]
    assert found or not name.startswith("wrong")
    for diagnosis in found:
        facts = dataclasses.replace(diagnosis.exception, message="") if diagnosis.exception is not None else None
        outputs = harness.formats(dataclasses.replace(diagnosis, exception=facts), tmp_path)
        outputs["fields"] = repr(dataclasses.replace(diagnosis, exception=facts))
        for form, text in outputs.items():
            told = [spelling for spelling in SPELLINGS if spelling in text]
            assert not told, (form, diagnosis.code, diagnosis.title)
