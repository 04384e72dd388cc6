"""A program with other processes, as users write them; the tests run it and read what it prints.

It is run as a script, with the start method as its argument. Models are first made in the children: TensorFlow does not
survive a fork once it has computed something.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import threading
from typing import Any

import numpy as np
import tensorflow as tf

import kerasguard
from kerasguard.guarding import switch

kerasguard.install()
WAIT_S = 60.0
PICTURES = np.zeros((2, 6, 6, 3), "float32")


def model() -> Any:
    """Return a model that takes (None, 6, 6, 3)."""
    image = tf.keras.Input((6, 6, 3), name="image")
    return tf.keras.Model(image, tf.keras.layers.Dense(1)(tf.keras.layers.Flatten()(image)))


def fail(number: int) -> Any:
    """Call a model with one picture, as a task of a pool."""
    return model()(PICTURES[number])


def die() -> None:
    """End a process by an error that nobody catches."""
    fail(0)


def hold_lock(held: threading.Event, let_go: threading.Event) -> None:
    """Be in the middle of installing while the process is forked."""
    with switch._lock:
        held.set()
        let_go.wait(WAIT_S)


def open_guard() -> None:
    """Open a guard in the child: it must not wait for a thread that only the parent has."""
    with kerasguard.guard():
        os._exit(7)


def fork_under_lock() -> None:
    """Fork while another thread holds the lock of the switch."""
    held, let_go = threading.Event(), threading.Event()
    thread = threading.Thread(target=hold_lock, args=(held, let_go))
    thread.start()
    held.wait(WAIT_S)
    child = multiprocessing.get_context("fork").Process(target=open_guard)
    child.start()
    child.join(WAIT_S)
    child.kill()
    let_go.set()
    thread.join(WAIT_S)
    print("forked under lock:", child.exitcode)


def main(method: str) -> None:
    """Say what became of each way to use another process."""
    context = multiprocessing.get_context(method)
    if method == "fork":
        fork_under_lock()
    with context.Pool(1) as pool:
        results = [pool.apply_async(fail, (number,)) for number in range(2)]
        for result in results:
            try:
                result.get(WAIT_S)
            except Exception as error:  # noqa: BLE001 - what it is is printed
                found = kerasguard.diagnose(error)
                print("pool:", type(error).__name__, found and found.code, len(getattr(error, "__notes__", ())))
        if method == "spawn":
            predicted = pool.apply(model().predict, (PICTURES,), {"verbose": 0})
            print("method in a pool:", predicted.shape)
    child = context.Process(target=die)
    child.start()
    child.join(WAIT_S)
    print("process:", child.exitcode)


if __name__ == "__main__":
    main(sys.argv[1])
