"""Run the programs without a strategy and under those that stay in one process; write what came out as JSON.

Started by the tests in a fresh process: the processor is made two devices before TensorFlow looks at it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import tensorflow as tf
import tf_keras

from tests.distribution import programs


def strategies() -> dict[str, Any]:
    """Return the strategies by the names that the tests know."""
    processor = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(processor, [tf.config.LogicalDeviceConfiguration()] * 2)
    return {
        "none": tf.distribute.get_strategy(),
        "mirrored": tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]),
        "one_device": tf.distribute.OneDeviceStrategy("CPU:1"),
        "central": tf.distribute.experimental.CentralStorageStrategy(["CPU:0", "CPU:1"], "CPU:0"),
    }


def parameter_server(addresses: list[str]) -> Any:
    """Return a strategy whose worker and parameter server are threads of this process."""
    cluster = tf.train.ClusterSpec({"worker": addresses[:1], "ps": addresses[1:]})
    for job in cluster.jobs:
        tf.distribute.Server(cluster, job_name=job, task_index=0, protocol="grpc")
    resolver = tf.distribute.cluster_resolver.SimpleClusterResolver(cluster, rpc_layer="grpc")
    return tf.distribute.experimental.ParameterServerStrategy(resolver)


def main(target: Path, addresses: list[str]) -> None:
    """Write the outcomes by Keras and strategy."""
    known = strategies()
    content: dict[str, Any] = {}
    for name, keras in {"keras3": tf.keras, "tf_keras": tf_keras}.items():
        content[name] = {one: programs.outcome(keras, strategy) for one, strategy in known.items()}
        content[name]["warned"] = {
            one: programs.warned(keras, known[one]) for one in ("none", "mirrored", "one_device")
        }
        content[name]["healthy"] = programs.healthy(keras, known["mirrored"])
    remote = parameter_server(addresses)
    for name, keras in {"keras3": tf.keras, "tf_keras": tf_keras}.items():
        content[name]["parameter_server"] = programs.outcome(keras, remote, (programs.wrong_rank,))
    target.write_text(json.dumps(content), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2].split(","))
