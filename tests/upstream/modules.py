"""Which of Keras' own test modules are run, as paths below ``keras/src`` of the installed package."""

from __future__ import annotations

import importlib.util
from pathlib import Path

SHORT = (
    "models/sequential_test.py",
    "models/cloning_test.py",
    "ops/node_test.py",
    "ops/function_test.py",
    "ops/operation_test.py",
    "ops/operation_utils_test.py",
    "ops/symbolic_arguments_test.py",
    "trainers/compile_utils_test.py",
    "trainers/epoch_iterator_test.py",
)
FULL = (
    *SHORT,
    "models/functional_test.py",
    "models/model_test.py",
    "models/variable_mapping_test.py",
    "layers/layer_test.py",
    "layers/core/*_test.py",
    "layers/merging/*_test.py",
    "layers/reshaping/*_test.py",
    "layers/rnn/*_test.py",
    "losses/loss_test.py",
    "metrics/metric_test.py",
    "callbacks/*_test.py",
    "backend/common/*_test.py",
    "saving/*_test.py",
    "legacy/saving/*_test.py",
    "trainers/trainer_test.py",
    "trainers/data_adapters/*_test.py",
    "utils/*_test.py",
)


def source_folder() -> Path:
    """Return the folder ``keras/src`` of the installed Keras, without importing it."""
    spec = importlib.util.find_spec("keras")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("keras is not installed")
    return Path(spec.origin).parent / "src"


def found(patterns: tuple[str, ...]) -> list[Path]:
    """Return the modules that the patterns name and this release of Keras ships, each once."""
    source = source_folder()
    return list(dict.fromkeys(path for pattern in patterns for path in sorted(source.glob(pattern))))
