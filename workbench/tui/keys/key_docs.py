"""docs/keys.md, made from the table of keys.

`python -m workbench.tui.keys.key_docs > docs/keys.md` writes it.
"""

from __future__ import annotations

import sys

from workbench.tui.keys import keys

_TITLES = {
    "app": "Everywhere",
    "list": "In every list",
    "table": "In every table",
    "columns": "In tables whose columns can be chosen",
    "find": "In a filter line",
    "text": "In every text",
    "diff": "Where differences are shown",
    "prompts": "1 Prompts",
    "draft": "2 Draft",
    "run": "3 Run",
    "compare": "4 Compare",
    "deploys": "5 Deploys",
    "datasets": "6 Datasets",
    "case": "In a case",
    "prompt_diff": "In the differences of two prompts",
    "charts": "In charts",
    "copy": "In the copy menu",
    "tick": "In the choice of columns",
    "dialog": "In dialogs",
}

_HEAD = """\
# Keys

Made from `workbench/tui/keys/key_table.py`; do not edit. `F1` (or `?` outside of text) shows the
keys that work where you are, to filter and to run; `ctrl+p` finds every command by its name.

Any of them can be moved in `workbench.toml`, several keys separated by commas. An unknown id, a key
that terminals do not send, and two actions on one key are errors with a suggestion.

```toml
[keys]
"app.start" = "f5,ctrl+r"
"deploys.rollback" = "B"
```
"""


def markdown() -> str:
    """The whole page."""
    parts = [_HEAD]
    scopes = dict.fromkeys([*_TITLES, *(action.where for action in keys.ACTIONS)])
    for where in scopes:
        rows = keys.actions(where)
        if not rows:
            continue
        parts.append(f"## {_TITLES.get(where, f'In the dialog: {where}')}\n")
        parts.append("| keys | does | id |\n|---|---|---|")
        parts += [_line(row) for row in rows]
        parts.append("")
    return "\n".join(parts).rstrip() + "\n"


def _line(row: keys.Action) -> str:
    shown = " ".join(f"`{_cell(keys.display(key))}`" for key in keys.split(row.keys))
    label = row.label.rstrip("…")
    does = f"{label}: {row.help}" if row.help else label
    return f"| {shown or 'palette only'} | {_cell(does)} | `{row.id}` |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    sys.stdout.write(markdown())
