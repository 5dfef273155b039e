"""The style sheet of the HTML report: light and dark, wide and narrow."""

from __future__ import annotations

STYLE = """
:root { color-scheme: light dark; --text: #1c1e21; --soft: #62666d; --line: #d5d8dd; --back: #fff;
 --panel: #f5f6f8; --good: #16713c; --bad: #b3261e; --open: #8a5a00; --bar: #4a6fa5; }
@media (prefers-color-scheme: dark) { :root { --text: #e4e6ea; --soft: #9aa0a8; --line: #3a3e45;
 --back: #16181c; --panel: #1f2227; --good: #6fcf97; --bad: #ff8a80; --open: #e0b050;
 --bar: #7fa6da; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--text); background: var(--back);
 max-width: 60rem; margin: 2rem auto; padding: 0 1rem; overflow-wrap: anywhere; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2.2rem; }
p.verdict { font-size: 1.1rem; white-space: pre-wrap; border-left: .4rem solid var(--open);
 padding: .4rem .8rem; background: var(--panel); }
p.pass { border-color: var(--good); } p.fail { border-color: var(--bad); }
.wide { overflow-x: auto; } .whole { overflow-wrap: normal; }
table { border-collapse: collapse; } th:first-child { overflow-wrap: normal; }
th, td { text-align: left; padding: .15rem .8rem .15rem 0; vertical-align: top;
 border-bottom: 1px solid var(--line); } td.number { text-align: right; }
pre, .text { font: 13px/1.45 ui-monospace, monospace; white-space: pre-wrap;
 background: var(--panel); padding: .5rem .7rem; margin: .2rem 0; }
.text { unicode-bidi: plaintext; }
details { border-bottom: 1px solid var(--line); padding: .4rem 0; } summary { cursor: pointer; }
details p.soft { margin: .6rem 0 0; }
.sides { display: grid; grid-template-columns: repeat(auto-fit, minmax(15rem, 1fr)); gap: .8rem; }
del { color: var(--bad); text-decoration: line-through; } ins { color: var(--good);
 text-decoration: underline; } .soft { color: var(--soft); }
.sides del, .sides ins { color: inherit; text-decoration: underline; }
.removed { color: var(--bad); } .added { color: var(--good); }
svg { width: 100%; max-width: 640px; height: auto; display: block; margin: .6rem 0;
 overflow: visible; }
svg text { font: 12px system-ui, sans-serif; fill: var(--text); } .sides svg text
 { font-size: 15px; }
@media (max-width: 40rem) { .sides { grid-template-columns: minmax(0, 1fr); }
 svg text, .sides svg text { font-size: 19px; } }
.box { fill: var(--panel); stroke: var(--line); } .marked { stroke: var(--bad); }
img { display: block; max-width: 100%; max-height: 20rem; margin: .2rem 0; }
.axis { stroke: var(--soft); } .margin { stroke: var(--bad); stroke-dasharray: 4 3; }
.interval { stroke: var(--text); stroke-width: 2; } .point { fill: var(--text); }
.bar { fill: var(--bar); } .part-fixed { fill: var(--good); } .part-broke { fill: var(--bad); }
.part-same { fill: var(--line); } .part-missing { fill: var(--open); }
"""
