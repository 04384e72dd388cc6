"""A diagnosis as HTML: a page complete in itself, or a fragment for notebooks; no script, nothing from the network."""

from __future__ import annotations

import hashlib
import html
import linecache
import re
from collections.abc import Iterator, Sequence

from kerasguard._version import __version__
from kerasguard.render.changes import ChangedLine, changed_lines
from kerasguard.render.document import Table, TableRow, build, note_of, shown_path, steps_of, tried
from kerasguard.render.html_style import PAGE_STYLE, STYLE
from kerasguard.render.report import environment
from kerasguard.render.sanitise import one_line, paragraph
from kerasguard.render.svg import in_words, sheet
from kerasguard.vocabulary import Diagnosis, Drawing, Edit, Fix, Place, Step

_VERSIONS = ("python", "tensorflow", "keras", "flavour", "strategy", "worker", "replica")
AROUND = 1  # source lines shown before and after a place
_WORDS = re.compile(r"\w+|\s+|.", re.DOTALL)
MOST_ROWS = 12  # source lines of one place
# A browser that obeys it would load nothing even if something slipped in.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def page(diagnosis: Diagnosis | None, warnings: Sequence[Diagnosis] = ()) -> str:
    """Return a whole page.

    Parameters
    ----------
    diagnosis
        The failure of a run, if there was one.
    warnings
        Mistakes that raised nothing.
    """
    found = [*([] if diagnosis is None else [diagnosis]), *warnings]
    title = f"{found[0].code} {found[0].name}" if found else "Nothing to explain"
    articles = "".join(_article(one, level=1, number=number) for number, one in enumerate(found))
    body = articles or "<h1>Nothing to explain</h1><p>The program ran without a mistake that kerasguard knows.</p>"
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{_safe(title)} - kerasguard</title>\n<style>\n{STYLE}{PAGE_STYLE}</style>\n</head>\n"
        f'<body class="kerasguard">\n<main>\n{body}\n</main>\n</body>\n</html>\n'
    )


def fragment(diagnosis: Diagnosis) -> str:
    """Return the same for one diagnosis as an element that other pages can hold."""
    return f'<div class="kerasguard"><style>{STYLE}</style>{_article(diagnosis, level=2, number=0)}</div>'


def _article(diagnosis: Diagnosis, *, level: int, number: int) -> str:
    key = f"kg{number}-{hashlib.sha256(repr(diagnosis).encode('utf-8', 'replace')).hexdigest()[:10]}"
    heading = (
        f'<h{level} id="{key}-h"><span class="code">{_safe(diagnosis.code)}</span> '
        f'{_safe(diagnosis.name)}</h{level}><p class="lead">{_words(diagnosis.title)}</p>'
    )
    explained = f"<p>{_words(diagnosis.explanation)}</p>" if diagnosis.explanation.strip() else ""
    parts = [
        heading,
        explained,
        _section(f"{key}-s", "Wanted and given", _table(diagnosis)),
        _section(f"{key}-p", "The way of the tensors", _picture(diagnosis, f"{key}-g")),
        _section(f"{key}-t", "From the cause to the crash" if diagnosis.crash else "Where it began", _trace(diagnosis)),
        _section(f"{key}-f", "Fix" if len(diagnosis.fixes) == 1 else "Fixes", _fixes(diagnosis.fixes)),
        _footer(diagnosis),
    ]
    return f'<article aria-labelledby="{key}-h">{"".join(parts)}</article>'


def _section(identifier: str, heading: str, content: str) -> str:
    if not content:
        return ""
    return f'<section aria-labelledby="{identifier}"><h2 id="{identifier}">{heading}</h2>{content}</section>'


def _table(diagnosis: Diagnosis) -> str:
    rows = [row for block in build(diagnosis).blocks if isinstance(block, Table) for row in block.rows]
    if not rows:
        return ""
    heads = "".join(f'<th scope="col">{head}</th>' for head in ("", "Name", "Shape", "Type"))
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{''.join(map(_table_row, rows))}</tbody></table>"


def _table_row(row: TableRow) -> str:
    remark = f'<div class="quiet">{_words(row.remark)}</div>' if row.remark else ""
    return (
        f'<tr><th scope="row" class="{row.side}">{row.side}</th><td><code>{_safe(row.name)}</code>{remark}</td>'
        f"<td><code>{_safe(row.shape)}</code></td><td><code>{_safe(row.dtype)}</code></td></tr>"
    )


def _picture(diagnosis: Diagnosis, identifier: str) -> str:
    drawing: Drawing | None = diagnosis.drawing
    if drawing is None:
        return ""
    title = "The graph from the inputs to the place of the mistake, with the shape of every tensor"
    words = "".join(f"<li>{_safe(sentence)}</li>" for sentence in in_words(drawing))
    return (
        f'<div class="picture" role="region" aria-label="drawing, scrolls sideways" tabindex="0">'
        f"{sheet(drawing, title, identifier)}</div>"
        f"<details><summary>The same in words</summary><ul>{words}</ul></details>"
    )


def _trace(diagnosis: Diagnosis) -> str:
    steps = steps_of(diagnosis)
    rows = [
        _step(step, diagnosis, first=number == 0, last=number == len(steps) - 1) for number, step in enumerate(steps)
    ]
    return f"<ol>{''.join(rows)}</ol>" if rows else ""


def _step(step: Step, diagnosis: Diagnosis, *, first: bool, last: bool) -> str:
    place = step.place
    is_cause = diagnosis.cause is not None and (place.filename, place.row) == (
        diagnosis.cause.filename,
        diagnosis.cause.row,
    )
    kind = "cause" if is_cause else "end" if last and not first else "step"
    badge = ' <span class="badge cause">cause</span>' if is_cause else ""
    where = f"<code>{_safe(f'{shown_path(place.filename)}:{place.row}')}</code>"
    inside = f" in <code>{_safe(place.function)}</code>" if place.function and place.function[0] != "<" else ""
    note = note_of(step)
    said = f'<p class="note">{_words(note)}</p>' if note else ""
    return f'<li class="{kind}"><div class="quiet">{where}{inside}{badge}</div>{_source(place)}{said}</li>'


def _source(place: Place) -> str:
    """Return the lines of a place, marked, with a line before and after."""
    rows = []
    for number, line in _lines(place):
        here = place.row <= number <= max(place.row, place.end_row)
        style, mark = ("row here", '<span class="unseen">this line: </span>') if here else ("row", "")
        rows.append(f'<div class="{style}"><span class="number">{number}</span><code>{mark}{_safe(line)}</code></div>')
    return f'<div class="source">{"".join(rows)}</div>'


def _lines(place: Place) -> Iterator[tuple[int, str]]:
    try:
        lines = linecache.getlines(place.filename)
    except ValueError:  # no file can have such a name
        lines = []
    if 1 <= place.row <= len(lines):
        first, last = max(1, place.row - AROUND), min(len(lines), max(place.row, place.end_row) + AROUND)
    else:
        lines = [""] * (place.row - 1) + place.code.splitlines()
        first, last = place.row, len(lines)
    shown = [(number, lines[number - 1].rstrip()) for number in range(first, min(last, first + MOST_ROWS - 1) + 1)]
    while len(shown) > 1 and not shown[-1][1].strip():
        shown.pop()
    while len(shown) > 1 and not shown[0][1].strip():
        shown.pop(0)
    indent = min((len(line) - len(line.lstrip()) for _, line in shown if line.strip()), default=0)
    yield from ((number, line[indent:]) for number, line in shown)


def _fixes(fixes: Sequence[Fix]) -> str:
    if not fixes:
        return ""
    first, *others = fixes
    more = "".join(
        f"<details><summary>or: {_words(f'{fix.title} ({tried(fix)})')}</summary>{_diff(fix)}</details>"
        for fix in others
    )
    style = "tried" if first.status == "verified" else "untried"
    badge = f'<span class="badge {style}">{_words(tried(first))}</span>'
    return f"<p>{_words(first.title)} {badge}</p>{_diff(first)}{more}"


def _diff(fix: Fix) -> str:
    changes = changed_lines(fix.edits)
    if not changes:
        return _bare(fix.edits)
    parts, where = [], ""
    for index, line in enumerate(changes):
        place = f"{shown_path(line.filename)}:{line.row}"
        if line.sign == "-" or place != where:
            parts.append(f'<div class="quiet row"><code>{_safe(place)}</code></div>' if place != where else "")
            where = place
        parts.append(_diff_row(line, _partner(changes, index)))
    return f'<div class="diff">{"".join(parts)}</div>'


def _partner(changes: Sequence[ChangedLine], index: int) -> ChangedLine | None:
    """Return the line that goes where this one comes, or the other way round, when there is one of each."""
    line = changes[index]
    group = [other for other in changes if (other.filename, other.row) == (line.filename, line.row)]
    signs = sorted(other.sign for other in group)
    return next((other for other in group if other.sign != line.sign), None) if signs == ["+", "-"] else None


def _diff_row(line: ChangedLine, partner: ChangedLine | None) -> str:
    tag, style, said = ("del", "removed", "removed: ") if line.sign == "-" else ("ins", "added", "added: ")
    before, changed, after = ("", line.code, "") if partner is None else _in_words(line.code, partner.code)
    marked = f"<{tag}>{_safe(changed)}</{tag}>" if changed else ""
    return (
        f'<div class="row {style}"><span class="number sign" aria-hidden="true">{line.sign}</span>'
        f'<code><span class="unseen">{said}</span>{_safe(before)}{marked}{_safe(after)}</code></div>'
    )


def _in_words(code: str, other: str) -> tuple[str, str, str]:
    """Return what both lines begin with, what only `code` has, and what both end with; names are not cut."""
    words, others = (_WORDS.findall(text) for text in (code, other))
    head = _shared(words, others)
    tail = _shared(words[head:][::-1], others[head:][::-1])
    end = len(words) - tail
    return "".join(words[:head]), "".join(words[head:end]), "".join(words[end:])


def _shared(words: Sequence[str], others: Sequence[str]) -> int:
    """Return how many words both begin with."""
    pairs = enumerate(zip(words, others, strict=False))
    return next((index for index, (one, other) in pairs if one != other), min(len(words), len(others)))


def _bare(edits: Sequence[Edit]) -> str:
    """Return the new text alone, for source that is not at hand."""
    lines = [
        ChangedLine(edit.filename, edit.start[0], "+", row)
        for edit in edits
        for row in edit.content.splitlines()
        if row.strip()
    ]
    rows = "".join(_diff_row(line, None) for line in lines)
    return f'<div class="diff">{rows}</div>' if rows else ""


def _footer(diagnosis: Diagnosis) -> str:
    known = environment() | diagnosis.environment
    versions = [f"{name} {known[name]}" for name in _VERSIONS if known.get(name)]
    raised = f"<p>Raised as <code>{_safe(diagnosis.exception.type)}</code>.</p>" if diagnosis.exception else ""
    also = f"<p>See also {_safe(', '.join(diagnosis.also))}.</p>" if diagnosis.also else ""
    return (
        f'<footer class="quiet"><p><code>{_safe(f"python -m kerasguard explain {diagnosis.code}")}</code></p>'
        f"{also}{raised}<p>{_safe(', '.join([f'kerasguard {__version__}', *versions]))}</p></footer>"
    )


def _safe(text: str) -> str:
    """Return a line of the user's as it stands, harmless in text and in attributes."""
    return html.escape(one_line(text))


def _words(text: str) -> str:
    """Return running text; what stands in `backticks` is code."""
    pieces = paragraph(text).split("`")
    if len(pieces) % 2 == 0:
        return html.escape("`".join(pieces))
    return "".join(
        f"<code>{html.escape(piece)}</code>" if index % 2 else html.escape(piece) for index, piece in enumerate(pieces)
    )
