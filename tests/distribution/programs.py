"""What the processes of these tests run: mistakes and a healthy training, under a strategy or without one."""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import kerasguard

VECTORS = np.linspace(0, 1, 48, dtype="float32").reshape(8, 6)
CLASSES = np.arange(8) % 3


def classifier(keras: Any, strategy: Any) -> Any:
    """Return a compiled model that takes (None, 6) and the numbers of three classes."""
    keras.utils.set_random_seed(1)
    with strategy.scope():
        vector = keras.Input((6,), name="vector")
        model = keras.Model(
            vector, keras.layers.Dense(3, activation="softmax", name="classes")(vector), name="classifier"
        )
        model.compile("sgd", "sparse_categorical_crossentropy")
    return model


def wrong_shape(keras: Any, strategy: Any) -> None:
    """Train on vectors with one number too few."""
    short = VECTORS[:, 1:]
    classifier(keras, strategy).fit(short, CLASSES, batch_size=4, verbose=0)


def wrong_labels(keras: Any, strategy: Any) -> None:
    """Train a sparse loss on one-hot rows."""
    rows = np.eye(3, dtype="float32")[CLASSES]
    classifier(keras, strategy).fit(VECTORS, rows, batch_size=4, verbose=0)


def wrong_rank(keras: Any, strategy: Any) -> None:
    """Build a model under the scope that does not fit together."""
    with strategy.scope():
        vector = keras.Input((6,), name="vector")
        keras.layers.Conv2D(2, 3, name="picture")(vector)


def wrong_call(keras: Any, strategy: Any) -> None:
    """Write the step by hand and call the model with single samples."""
    model = classifier(keras, strategy)

    def step(sample: Any) -> Any:
        return model(sample)

    strategy.run(step, args=(VECTORS[0],))


Mistake = Callable[[Any, Any], None]
MISTAKES: tuple[Mistake, ...] = (wrong_shape, wrong_labels, wrong_rank, wrong_call)


def failure(mistake: Mistake, keras: Any, strategy: Any) -> dict[str, Any]:
    """Return what can be said of the error that a mistake raises."""
    try:
        mistake(keras, strategy)
    except Exception as error:  # noqa: BLE001 - both Kerases have their own
        found = kerasguard.diagnose(error)
        facts = {"type": type(error).__name__, "args": repr(error.args), "notes": getattr(error, "__notes__", [])}
        return facts | {"diagnosis": None if found is None else _plain(found)}
    return {"type": None}


def _plain(found: kerasguard.Diagnosis) -> dict[str, Any]:
    return {
        "code": found.code,
        "title": found.title,
        "cause": found.cause and found.cause.row,
        "crash": found.crash and found.crash.row,
        "offenders": [offender.name for offender in found.offenders],
        "fixes": [(fix.title, fix.status) for fix in found.fixes],
        "environment": found.environment,
    }


def training(keras: Any, strategy: Any) -> dict[str, Any]:
    """Return the losses, weights and predictions of a healthy run, and all it printed."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed), warnings.catch_warnings(record=True):
        warnings.simplefilter("always")
        model = classifier(keras, strategy)
        history = model.fit(VECTORS, CLASSES, batch_size=4, epochs=2, shuffle=False, verbose=0)
        predicted = model.predict(VECTORS, batch_size=4, verbose=0)
    return {
        "losses": history.history,
        "weights": [weight.tolist() for weight in model.get_weights()],
        "predicted": np.asarray(predicted).tolist(),
        "printed": printed.getvalue(),
    }


def warned(keras: Any, strategy: Any) -> list[str]:
    """Return the codes of our warnings while a model that learns nothing is trained."""
    with strategy.scope():
        vector = keras.Input((6,))
        model = keras.Model(vector, keras.layers.Dense(1, activation="softmax")(vector))
        model.compile("sgd", "binary_crossentropy")
    with kerasguard.guard(), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(VECTORS, CLASSES[:, None] % 2, batch_size=4, epochs=2, verbose=0)
    return [one.message.diagnosis.code for one in caught if isinstance(one.message, kerasguard.KerasGuardWarning)]


def outcome(keras: Any, strategy: Any, mistakes: Sequence[Mistake] = MISTAKES) -> dict[str, Any]:
    """Return what comes of each mistake, without the guard and then under it."""
    plain = {mistake.__name__: failure(mistake, keras, strategy) for mistake in mistakes}
    kerasguard.install()
    guarded = {mistake.__name__: failure(mistake, keras, strategy) for mistake in mistakes}
    kerasguard.uninstall()
    return {"plain": plain, "guarded": guarded}


def healthy(keras: Any, strategy: Any) -> dict[str, Any]:
    """Return a healthy run without the guard and one under it."""
    plain = training(keras, strategy)
    with kerasguard.guard():
        guarded = training(keras, strategy)
    return {"plain": plain, "guarded": guarded}
