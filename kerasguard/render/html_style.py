"""The look of a page: light and dark, from 360 px up; everything lies below the class ``kerasguard``."""

from __future__ import annotations

_LIGHT = """--bg:#fff;--soft:#f4f5f7;--line:#c9ced6;--text:#1c2128;--quiet:#57606a;--accent:#0b57d0;
--bad:#b3261e;--bad-bg:#fdecea;--bad-in:#f5b8b2;--good:#116329;--good-bg:#e6f4ea;--good-in:#a6dbb6;
color-scheme:light;"""
_DARK = """--bg:#14171c;--soft:#1e232b;--line:#465060;--text:#e6e9ee;--quiet:#a6b0bd;--accent:#8ab4f8;
--bad:#ff9a90;--bad-bg:#3a1f1f;--bad-in:#7a2f2a;--good:#7ee2a0;--good-bg:#16301f;--good-in:#23633a;
color-scheme:dark;"""

_PARTS = """
.kerasguard{background:var(--bg);color:var(--text);font:16px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif;
text-align:left;overflow-wrap:anywhere}
.kerasguard *{box-sizing:border-box}
.kerasguard h1,.kerasguard h2{line-height:1.25;margin:0;font-weight:650}
.kerasguard h1{font-size:1.35rem}
.kerasguard h2{font-size:1.05rem;margin:1.75rem 0 .5rem}
.kerasguard p{margin:.5rem 0}
.kerasguard .code{color:var(--bad)}
.kerasguard .lead{font-size:1.1rem}
.kerasguard .quiet{color:var(--quiet);font-size:.875rem}
.kerasguard code,.kerasguard .source,.kerasguard .diff{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,
"DejaVu Sans Mono",monospace;font-size:.8125rem;background:none;color:inherit;padding:0}
.kerasguard table{border-collapse:collapse;width:100%;font-size:.875rem;margin:0}
.kerasguard th,.kerasguard td{text-align:left;padding:.35rem .5rem .35rem 0;border-bottom:1px solid var(--line);
vertical-align:top;background:none;color:inherit}
.kerasguard th,.kerasguard td:last-child{overflow-wrap:normal;white-space:nowrap}
.kerasguard thead th{color:var(--quiet);font-weight:500}
.kerasguard .wanted{color:var(--good)}.kerasguard .given{color:var(--bad)}
.kerasguard ol{list-style:none;margin:0;padding:0}
.kerasguard ol>li{border-left:3px solid var(--line);padding:0 0 1rem .75rem;margin:0}
.kerasguard ol>li.cause,.kerasguard ol>li.end{border-color:var(--bad)}
.kerasguard .note{margin:.25rem 0 0;font-size:.9375rem}
.kerasguard .badge{display:inline-block;border:1px solid currentColor;border-radius:1rem;padding:0 .6rem;
font-size:.8125rem;font-weight:600}
.kerasguard .badge.tried{color:var(--good)}.kerasguard .badge.untried{color:var(--quiet)}
.kerasguard .badge.cause{color:var(--bad)}
.kerasguard .source,.kerasguard .diff{background:var(--soft);border-radius:6px;padding:.4rem 0;margin:.25rem 0;
line-height:1.55}
.kerasguard .row{display:flex;padding:0 .6rem;white-space:pre-wrap}
.kerasguard .row>.number{flex:none;min-width:2.2em;padding-right:.8em;text-align:right;color:var(--quiet);
user-select:none}
.kerasguard .row>code{flex:1;min-width:0;word-break:break-all}
.kerasguard .row.here{background:var(--bad-bg);font-weight:600}
.kerasguard .row.removed{background:var(--bad-bg)}.kerasguard .row.added{background:var(--good-bg)}
.kerasguard .row.removed .sign{color:var(--bad)}.kerasguard .row.added .sign{color:var(--good)}
.kerasguard del,.kerasguard ins{text-decoration:none;background:none;color:inherit;border-radius:3px}
.kerasguard del{background:var(--bad-in)}.kerasguard ins{background:var(--good-in)}
.kerasguard .unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.kerasguard details{margin:.5rem 0}
.kerasguard summary{cursor:pointer;color:var(--accent);padding:.2rem 0}
.kerasguard summary:focus-visible,.kerasguard [tabindex]:focus-visible{outline:3px solid var(--accent);
outline-offset:2px}
.kerasguard .picture{overflow-x:auto;margin:0;padding:.25rem 0}
.kerasguard .sheet{position:relative;margin:0 auto}
.kerasguard .sheet svg{display:block;width:100%;height:auto;max-width:none}
.kerasguard .first{position:absolute;top:0;height:1px;scroll-initial-target:nearest}
.kerasguard ul{margin:.25rem 0;padding-left:1.1rem;font-size:.875rem}
.kerasguard footer{margin-top:2rem;border-top:1px solid var(--line);padding-top:.5rem}
"""
_DRAWING = """
.kerasguard svg text{text-anchor:middle;font-family:system-ui,-apple-system,"Segoe UI",sans-serif;fill:var(--text)}
.kerasguard svg .kg-name{font-size:13px;font-weight:600}
.kerasguard svg .kg-kind{font-size:11px;fill:var(--quiet)}
.kerasguard svg .kg-misfit{font-size:12px;font-weight:700;fill:var(--bad)}
.kerasguard svg .kg-shape{font:11px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
.kerasguard svg .kg-shape.kg-refused{fill:var(--bad);font-weight:700}
.kerasguard svg rect{fill:var(--soft);stroke:var(--line);stroke-width:1.5px}
.kerasguard svg .kg-back{fill:var(--bg);stroke:none}
.kerasguard svg .kg-input rect{fill:var(--bg);stroke:var(--quiet)}
.kerasguard svg .kg-folded rect{fill:var(--bg);stroke-dasharray:5 4}
.kerasguard svg .kg-failing rect{fill:var(--bad-bg);stroke:var(--bad);stroke-width:3px}
.kerasguard svg .kg-arrow{fill:none;stroke:var(--quiet);stroke-width:1.5px}
.kerasguard svg .kg-arrow.kg-refused{stroke:var(--bad);stroke-width:2.5px;stroke-dasharray:7 4}
.kerasguard svg .kg-head path{fill:var(--quiet)}
.kerasguard svg .kg-head.kg-refused path{fill:var(--bad)}
"""

# Jupyter has a switch of its own, which wins over the system's.
STYLE = (
    f".kerasguard{{{_LIGHT}}}\n"
    f"@media (prefers-color-scheme:dark){{.kerasguard{{{_DARK}}}}}\n"
    f'[data-jp-theme-light="true"] .kerasguard{{{_LIGHT}}}\n'
    f'[data-jp-theme-light="false"] .kerasguard{{{_DARK}}}\n'
    f"@media (forced-colors:active){{.kerasguard svg .kg-failing rect{{stroke-width:5px}}}}\n"
    f"{_PARTS}{_DRAWING}"
)
PAGE_STYLE = """body{margin:0}
body.kerasguard{min-height:100vh}
main{max-width:62rem;margin:0 auto;padding:1.25rem 1rem 3rem}
article+article{margin-top:3rem;border-top:3px solid var(--line);padding-top:1.5rem}
@media print{body.kerasguard{background:#fff}}
"""
