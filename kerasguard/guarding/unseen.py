"""What keeps kerasguard's frames and wrappers out of what TensorFlow tells: its messages are the same without us."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from kerasguard.guarding import boundary, checks
from kerasguard.guarding.patches import is_ours
from kerasguard.provenance import recorder

# The files whose functions call on into the user's program.
OWN_FILES = frozenset(
    {boundary.__file__, checks.__file__, recorder.__file__, str(Path(__file__).with_name("switch.py"))}
)


def hiding(wrapped: Callable[..., Any], instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Keep our frame out of the stack that AutoGraph prints into its messages."""
    del instance
    return False if args and args[0] in OWN_FILES else wrapped(*args, **kwargs)


def leaving_out(wrapped: Callable[..., Any], instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Keep our frames out of the stacks that TensorFlow notes for ops."""
    del instance
    return wrapped(*args, **kwargs) | OWN_FILES


def renewing(wrapped: Callable[..., Any], instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Let the filter of a thread's stacks know from the start what it leaves out."""
    wrapped(*args, **kwargs)
    instance.update()


def unconverted(wrapped: Callable[..., Any], instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Let AutoGraph run our wrappers as they are, as it does with all of Keras, without a warning about wrapt."""
    del instance
    return (bool(args) and is_ours(args[0])) or wrapped(*args, **kwargs)
