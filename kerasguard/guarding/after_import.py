"""Call back when a package has been imported, once; removable without a trace."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType


class _NotifyingLoader(Loader):
    """Load as the real loader does, then tell."""

    def __init__(self, loader: Loader, loaded: Callable[[ModuleType], None]) -> None:
        self._loader = loader
        self._loaded = loaded

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        # The module keeps the loader it would have had: resources and reloads must not notice us.
        module.__loader__ = self._loader
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        self._loader.exec_module(module)
        self._loaded(module)


class ImportWatch(MetaPathFinder):
    """Watch for the import of some top-level packages.

    Parameters
    ----------
    names
        Top-level package names.
    imported
        Called with the package after its import has finished.
    """

    def __init__(self, names: Sequence[str], imported: Callable[[ModuleType], None]) -> None:
        self._waiting = set(names)
        self._imported = imported

    def start(self) -> None:
        """Report the packages that are imported already, and wait for the others."""
        for name in sorted(self._waiting):
            module = sys.modules.get(name)
            if module is not None:
                self._waiting.discard(name)
                self._imported(module)
        if self not in sys.meta_path:
            sys.meta_path.insert(0, self)

    def stop(self) -> None:
        """Leave the import system as it was found."""
        if self in sys.meta_path:
            sys.meta_path.remove(self)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find a watched package by the other finders, and listen to its loader."""
        del path, target
        if fullname not in self._waiting:
            return None
        self._waiting.discard(fullname)  # find_spec asks us again, and has to be passed on
        try:
            spec = find_spec(fullname)
        finally:
            self._waiting.add(fullname)  # who asks for a spec need not import the package
        if spec is not None and spec.loader is not None:
            spec.loader = _NotifyingLoader(spec.loader, self._loaded)
        return spec

    def _loaded(self, module: ModuleType) -> None:
        if module.__name__ in self._waiting:
            self._waiting.discard(module.__name__)
            self._imported(module)
