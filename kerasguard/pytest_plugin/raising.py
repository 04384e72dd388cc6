"""``with raises("KG301") as caught:`` asserts that a block fails, and with which diagnosis."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Self

import pytest

if TYPE_CHECKING:
    from kerasguard.vocabulary import Diagnosis


class raises:  # noqa: N801 - used like pytest.raises
    """Expect an exception, of whatever type, with one of these diagnoses; the block runs under guard.

    Parameters
    ----------
    *codes
        Codes or names, like ``"KG301"`` or ``"missing-batch-axis"``; without any, every diagnosis will do.

    Attributes
    ----------
    diagnosis
        The diagnosis, once the block has ended.
    value
        The exception.

    Examples
    --------
    >>> with raises("KG301") as caught:
    ...     model(one_picture)  # doctest: +SKIP
    >>> assert caught.diagnosis.cause.row == 12  # doctest: +SKIP
    """

    diagnosis: Diagnosis
    value: Exception

    def __init__(self, *codes: str) -> None:
        self.codes = codes

    def __enter__(self) -> Self:
        __tracebackhide__ = True
        from kerasguard import settings
        from kerasguard.guarding import switch

        if not settings.enabled():
            pytest.fail("kerasguard is switched off (KERASGUARD=0): nothing can be diagnosed")
        self._guard = switch.guard(notes=False, report="")
        self._guard.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        __tracebackhide__ = True
        from kerasguard.guarding import switch

        self._guard.__exit__(kind, error, traceback)
        if error is None:
            raise pytest.fail.Exception(f"{self._wish()}, and nothing was raised")
        if not isinstance(error, Exception):
            return False  # an interrupt, or the outcome of a test
        diagnosis = switch.diagnose(error)
        if diagnosis is None:
            raise pytest.fail.Exception(
                f"{self._wish()}; {_described(error)} came, of which kerasguard knows nothing"
            ) from error
        if self.codes and not {diagnosis.code, diagnosis.name} & set(self.codes):
            raise pytest.fail.Exception(self._mistaken(diagnosis, error)) from error
        self.diagnosis, self.value = diagnosis, error
        return True

    def _wish(self) -> str:
        return f"an error with the diagnosis {' or '.join(self.codes) or 'of any code'} was expected"

    def _mistaken(self, diagnosis: Diagnosis, error: Exception) -> str:
        from kerasguard import catalogue
        from kerasguard.render import text

        known = {word for page in catalogue.pages() for word in (page.code, page.name)}
        remarks = [f"there is no code {code}" for code in self.codes if code not in known]
        remarks += [f"{code} matched as well, but did not win" for code in self.codes if code in diagnosis.also]
        remark = f" ({'; '.join(remarks)})" if remarks else ""
        return f"{self._wish()}{remark}; {_described(error)} came, with\n\n{text.plain(diagnosis)}"


def _described(error: Exception) -> str:
    from kerasguard.render import sanitise

    first = sanitise.message(f"{type(error).__name__}: {error}").partition("\n")[0]
    return sanitise.cut(first, 200)
