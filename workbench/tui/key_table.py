"""Every action that a key can call, in one table: bindings, footer, help, palette, docs, [keys].

A row's `where` is a scope: "app" works everywhere, "list" in every list, the name of a mode on
that screen. `show` is how hard an action holds on to its place in the footer; 0: not there.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Action:
    """One row: what it does, where, and the keys that call it unless [keys] says otherwise."""

    id: str
    keys: str
    """Comma-separated; empty: the palette only."""
    label: str
    """In the footer and the palette."""
    group: str
    where: str
    action: str
    """Its name on the app, screen or widget of that scope."""
    help: str = ""
    show: int = 0
    priority: bool = False


ALWAYS = 9
"""A `show` that never leaves the footer."""

APP = (
    Action("app.prompts", "f2,1", "Prompts", "view", "app", "go('prompts')", "versions and text"),
    Action("app.draft", "f3,2", "Draft", "view", "app", "go('draft')", "edit and try a prompt"),
    Action("app.run", "3", "Run", "view", "app", "go('run')", "the run at work, and earlier ones"),
    Action("app.compare", "f8,4", "Compare", "view", "app", "go('compare')", "two runs by case"),
    Action("app.deploys", "f9,5", "Deploys", "view", "app", "go('deploys')", "what is live where"),
    Action(
        "app.datasets", "6", "Datasets", "view", "app", "go('datasets')", "cases, to read and edit"
    ),
    Action(
        "app.start",
        "f5,ctrl+j",
        "Run…",
        "run",
        "app",
        "start",
        "run what is selected on a suite",
        6,
    ),
    Action("app.jump", "ctrl+o", "Jump", "view", "app", "jump", "one key to any pane", 1),
    Action("app.zoom", "z", "Zoom", "view", "app", "zoom", "the focused pane alone, and back"),
    Action("app.themes", "", "Themes…", "view", "app", "themes", "choose the colours"),
    Action("app.messages", "", "Messages…", "view", "app", "messages", "what was said so far"),
    Action(
        "app.trust",
        "",
        "Trust this workspace…",
        "workspace",
        "app",
        "trust",
        "let it send prompts to the hosts that workbench.toml names",
    ),
    Action("app.export", "", "Export…", "prompt", "app", "export", "a version to a file"),
    Action(
        "app.quit",
        "ctrl+q",
        "Quit",
        "workbench",
        "app",
        "quit",
        "asks if a run is alive",
        priority=True,
    ),
    Action("app.help", "f1,question_mark", "Keys", "help", "app", "help", "every key here", ALWAYS),
    Action(
        "app.palette",
        "ctrl+p",
        "Cmd",
        "help",
        "app",
        "command_palette",
        "every command by name",
        ALWAYS,
        priority=True,
    ),
)

LIST = (
    Action("list.down", "j,down", "Down", "list", "list", "cursor_down"),
    Action("list.up", "k,up", "Up", "list", "list", "cursor_up"),
    Action("list.top", "g,home", "Top", "list", "list", "cursor_top"),
    Action("list.bottom", "G,end", "Bottom", "list", "list", "cursor_bottom"),
    Action("list.half_down", "ctrl+d", "Half a page down", "list", "list", "half_page(1)"),
    Action("list.half_up", "ctrl+u", "Half a page up", "list", "list", "half_page(-1)"),
    Action("list.page_down", "pagedown", "Page down", "list", "list", "page(1)"),
    Action("list.page_up", "pageup", "Page up", "list", "list", "page(-1)"),
    Action("list.find", "slash", "Find", "list", "list", "find", "!x leaves out, re: is a regex"),
    Action("list.copy", "y", "Copy", "list", "list", "copy", "the row to the clipboard", 1),
)

TEXT = (
    Action("text.down", "j,down", "Down", "list", "text", "scroll_down"),
    Action("text.up", "k,up", "Up", "list", "text", "scroll_up"),
    Action("text.top", "g,home", "Top", "list", "text", "scroll_home"),
    Action("text.bottom", "G,end", "Bottom", "list", "text", "scroll_end"),
    Action("text.half_down", "ctrl+d", "Half a page down", "list", "text", "half_page(1)"),
    Action("text.half_up", "ctrl+u", "Half a page up", "list", "text", "half_page(-1)"),
    Action("text.copy", "y", "Copy", "list", "text", "copy", "all of it to the clipboard", 1),
)

PROMPTS = (
    Action("prompts.run", "r", "Run…", "run", "prompts", "run", "it on a suite, as F5 does"),
    Action("prompts.edit", "e", "Edit", "prompt", "prompts", "edit", "the draft of it", 6),
    Action(
        "prompts.baseline",
        "equals_sign",
        "Baseline",
        "compare",
        "prompts",
        "baseline",
        "compare others with this version",
        2,
    ),
    Action(
        "prompts.compare",
        "c",
        "Compare",
        "compare",
        "prompts",
        "compare",
        "with the baseline, else with what is live",
        4,
    ),
    Action(
        "prompts.evaluate",
        "v",
        "Evaluate",
        "prompt",
        "prompts",
        "evaluate",
        "run the gate on this version and record the evidence",
        3,
    ),
    Action("prompts.deploy", "D", "Deploy…", "deploy", "prompts", "deploy", "make it live", 5),
    Action("prompts.revoke", "V", "Revoke…", "deploy", "prompts", "revoke", "never live again"),
    Action("prompts.new", "n", "New draft", "prompt", "prompts", "new", "a new prompt", 1),
)

DRAFT = (
    Action("draft.try", "ctrl+t", "Try", "draft", "draft", "try_case", "this case, streamed", 7),
    Action(
        "draft.models",
        "f12",
        "Try models…",
        "draft",
        "draft",
        "try_models",
        "this case on several, side by side",
        2,
    ),
    Action(
        "draft.register",
        "ctrl+s",
        "Register…",
        "draft",
        "draft",
        "register",
        "make an immutable version",
        6,
    ),
    Action("draft.editor", "f4", "$EDITOR", "draft", "draft", "editor", "edit it elsewhere", 4),
    Action(
        "draft.case_before",
        "left_square_bracket,alt+left",
        "Case before",
        "draft",
        "draft",
        "case(-1)",
        show=1,
    ),
    Action(
        "draft.case_after",
        "right_square_bracket,alt+right",
        "Next case",
        "draft",
        "draft",
        "case(1)",
        show=2,
    ),
    Action("draft.pane", "f6", "Panes", "draft", "draft", "panes", "preview, variables, answer", 3),
    Action("draft.leave", "escape", "Leave the editor", "draft", "draft", "leave"),
    Action("draft.undo", "", "Undo", "draft", "draft", "undo", "ctrl+z in the editor"),
)

DEPLOYS = (
    Action("deploys.deploy", "D", "Deploy…", "deploy", "deploys", "deploy", "make it live", 6),
    Action(
        "deploys.rollback",
        "R",
        "Rollback…",
        "deploy",
        "deploys",
        "rollback",
        "go back to the version before",
        6,
    ),
    Action(
        "deploys.compare",
        "c",
        "Compare with live",
        "compare",
        "deploys",
        "compare",
        "the newest version with what is live",
        3,
    ),
    Action("deploys.approve", "a", "Approve…", "deploy", "deploys", "approve", "of a version"),
    Action("deploys.retire", "X", "Retire…", "deploy", "deploys", "retire", "nothing live there"),
    Action("deploys.revoke", "V", "Revoke…", "deploy", "deploys", "revoke", "never live again"),
)

DIALOG = (
    Action("dialog.cancel", "escape", "Cancel", "dialog", "dialog", "cancel", "nothing is changed"),
    Action(
        "dialog.yes",
        "y,ctrl+s",
        "Confirm",
        "dialog",
        "dialog",
        "yes",
        "does what it says",
        priority=True,
    ),
    Action("help.down", "down", "Down", "dialog", "help", "move(1)"),
    Action("help.up", "up", "Up", "dialog", "help", "move(-1)"),
    Action("jump.cancel", "escape", "Stay", "dialog", "jump", "cancel"),
    Action("changed.mine", "m", "Keep mine", "dialog", "changed", "mine", "overwrite theirs"),
    Action("changed.theirs", "t", "Take theirs", "dialog", "changed", "theirs", "as one edit"),
    Action("deploy.evaluate", "v", "Evaluate first", "dialog", "deploy", "evaluate", "the gate"),
    Action("verdict.deploy", "d", "Deploy…", "dialog", "verdict", "deploy", "this version"),
)

TABLE = (
    Action("table.open", "enter", "Open", "list", "table", "open", "all of it", 5),
    Action("table.peek", "space", "Quick view", "list", "table", "peek", "and space goes on"),
    Action("table.sort", "s", "Sort", "list", "table", "sort", "by this column; thrice: as before"),
    Action("table.left", "h,left", "Column to the left", "list", "table", "column(-1)"),
    Action("table.right", "l,right", "Column to the right", "list", "table", "column(1)"),
    Action("table.fit", "underscore", "Fit column", "list", "table", "fit_column"),
    Action("columns.hide", "minus", "Hide column", "list", "columns", "hide_column"),
    Action("columns.all", "plus", "Columns…", "list", "columns", "choose_columns"),
)

RUN = (
    Action("run.stop", "x", "Stop", "run", "run", "stop", "x again gives up the calls too", 8),
    Action("run.resume", "r", "Resume", "run", "run", "resume", "what is missing or failed", 7),
    Action("run.named", "f", "Filter", "run", "run", "named", "all, errors, failures, passes", 4),
    Action("run.compare", "c", "Compare", "run", "run", "compare", "with what is live", 5),
    Action("run.baseline", "equals_sign", "Baseline", "run", "run", "baseline", "A of Compare"),
    Action("run.promote", "a", "Add as case…", "run", "run", "promote", "to the dataset"),
    Action("run.charts", "t", "Charts", "run", "run", "charts", "latencies, scores, labels", 2),
    Action("run.back", "escape", "All runs", "run", "run", "back", "the list of runs", 3),
)

COMPARE = (
    Action("compare.named", "f", "Filter", "compare", "compare", "named", "broke, fixed, ...", 6),
    Action("compare.next", "n", "Next", "compare", "compare", "next(1)", "changed case", 4),
    Action("compare.before", "N", "Before", "compare", "compare", "next(-1)", "changed case"),
    Action("compare.prompt", "p", "Prompt", "compare", "compare", "prompt", "its differences", 5),
    Action(
        "compare.input", "i", "Input", "compare", "compare", "input", "and what was expected", 4
    ),
    Action("compare.view", "v", "View", "compare", "compare", "view", "side by side or unified", 2),
    Action("compare.pick_a", "a", "Pick A", "compare", "compare", "pick('a')", "the baseline", 3),
    Action("compare.pick_b", "b", "Pick B", "compare", "compare", "pick('b')", "the candidate", 3),
    Action(
        "compare.add", "C", "Add side…", "compare", "compare", "add", "C, then D, against A too", 2
    ),
    Action("compare.drop", "R", "Drop side", "compare", "compare", "drop", "the last one added"),
    Action(
        "compare.why", "w", "Why", "compare", "compare", "why", "method, p, looks, what next", 3
    ),
    Action("compare.swap", "X", "Swap", "compare", "compare", "swap", "A and B change places"),
    Action("compare.good", "u", "Rate good", "compare", "compare", "rate('good')", "B: thumbs up"),
    Action("compare.bad", "d", "Rate bad", "compare", "compare", "rate('bad')", "B: thumbs down"),
    Action("compare.unrate", "0", "No rating", "compare", "compare", "rate('')", "of B"),
    Action("compare.report", "H", "HTML report", "compare", "compare", "report", "to send around"),
    Action(
        "compare.promote", "A", "Add as case…", "compare", "compare", "promote", "to the dataset"
    ),
    Action("compare.stop", "x", "Stop", "compare", "compare", "stop", "the run it waits for", 7),
    Action("compare.deploy", "D", "Deploy B…", "compare", "compare", "deploy", "make it live", 5),
)

DATASETS = (
    Action("datasets.edit", "e", "Edit", "dataset", "datasets", "edit", "this case", 6),
    Action("datasets.add", "a", "Add a case", "dataset", "datasets", "add", "a new one", 6),
    Action("datasets.split", "f", "Split", "dataset", "datasets", "split", "the next split", 4),
    Action("datasets.next", "d", "Dataset", "dataset", "datasets", "dataset", "the next suite", 4),
    Action("datasets.leave", "escape", "Back", "dataset", "datasets", "leave", "where you were"),
)

DIFF = (
    Action(
        "diff.less",
        "left_curly_bracket",
        "Less context",
        "compare",
        "diff",
        "context(-1)",
        "equal lines around a change: 10, 3, 1, 0",
    ),
    Action(
        "diff.more",
        "right_curly_bracket",
        "More context",
        "compare",
        "diff",
        "context(1)",
        "equal lines around a change: 10, then all",
    ),
)

READING = (
    Action("case.close", "escape,q,enter,space", "Close", "dialog", "case", "close"),
    Action("case.next", "n,right_square_bracket", "Next case", "dialog", "case", "step(1)"),
    Action("case.before", "N,left_square_bracket", "Case before", "dialog", "case", "step(-1)"),
    Action("prompt_diff.close", "escape,q,p,enter", "Close", "dialog", "prompt_diff", "close"),
    Action("prompt_diff.view", "v", "View", "dialog", "prompt_diff", "view"),
    Action(
        "prompt_diff.fold", "o", "All lines", "dialog", "prompt_diff", "fold", "or changes only"
    ),
    Action("charts.close", "escape,q,t,enter", "Close", "dialog", "charts", "close"),
    Action("find.leave", "escape", "Empty, then leave", "list", "find", "leave", "the filter"),
    Action("find.to_table", "down", "To the list", "list", "find", "to_table"),
)

ACTIONS: tuple[Action, ...] = (
    *APP,
    *LIST,
    *TABLE,
    *TEXT,
    *PROMPTS,
    *DRAFT,
    *RUN,
    *COMPARE,
    *DEPLOYS,
    *DATASETS,
    *DIFF,
    *READING,
    *DIALOG,
)
