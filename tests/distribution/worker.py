"""One worker of a MultiWorkerMirroredStrategy: run the programs, write what came out as JSON.

Started twice by the tests, with the index of the worker, the addresses of both, and the file to write.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any


def main(index: int, addresses: list[str], target: Path) -> None:
    """Write the outcomes by Keras."""
    task = {"type": "worker", "index": index}
    os.environ["TF_CONFIG"] = json.dumps({"cluster": {"worker": addresses}, "task": task})
    import tensorflow as tf
    import tf_keras

    from tests.distribution import programs

    strategy = tf.distribute.MultiWorkerMirroredStrategy()
    content: dict[str, Any] = {"tf_keras": programs.outcome(tf_keras, strategy)}
    content["tf_keras"]["healthy"] = programs.healthy(tf_keras, strategy)
    content["keras3"] = programs.outcome(tf.keras, strategy)
    target.write_text(json.dumps(content), encoding="utf-8")


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2].split(","), Path(sys.argv[3]))
