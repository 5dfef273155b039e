"""Every action that a key can call, in one table: bindings, footer, help, palette, docs, [keys].

The rows of the screens; those of lists, texts and dialogs are in `pane_keys`.
"""

from __future__ import annotations

from workbench.tui.keys.draft_keys import DRAFT, TRIES
from workbench.tui.keys.key_row import ALWAYS, Action
from workbench.tui.keys.label_keys import LABEL, PREFER
from workbench.tui.keys.pane_keys import COPY, DIALOG, DIFF, LIST, READING, TABLE, TEXT

APP = (
    Action("app.prompts", "f2,1", "Prompts", "view", "app", "go('prompts')", "versions and text"),
    Action("app.draft", "f3", "Draft", "view", "app", "go('draft')", "type into the draft, try it"),
    Action(
        "app.look",
        "2",
        "Draft",
        "view",
        "app",
        "go('draft', False)",
        "to look; e types",
    ),
    Action("app.run", "3", "Run", "view", "app", "go('run')", "the active run, and earlier ones"),
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
    Action(
        "app.variants",
        "ctrl+n",
        "Variants…",
        "prompt",
        "app",
        "variants",
        "other drafts of this prompt: list, open, make, promote, drop",
    ),
    Action(
        "app.lineage",
        "T",
        "Lineage",
        "prompt",
        "app",
        "lineage",
        "what the version rests on, and what rests on it",
    ),
    Action("app.tour", "ctrl+l", "Tour…", "view", "app", "tour", "the main job, step by step"),
    Action(
        "app.read_live",
        "m",
        "As an app…",
        "prompt",
        "app",
        "read_live",
        "the live prompt as an app reads it, and the code for it",
    ),
    Action("app.jump", "ctrl+o", "Jump", "view", "app", "jump", "one key to any pane", 1),
    Action("app.zoom", "z", "Zoom", "view", "app", "zoom", "the focused pane alone, and back"),
    Action(
        "app.new_suite",
        "",
        "New suite…",
        "dataset",
        "app",
        "new_suite",
        "cases, scorers and a gate for the picked prompt",
    ),
    Action(
        "app.providers",
        "",
        "Providers…",
        "workspace",
        "app",
        "providers",
        "endpoints and their models: list, add, try",
    ),
    Action("app.themes", "", "Themes…", "view", "app", "themes", "choose the colours"),
    Action("app.messages", "", "Messages…", "view", "app", "messages", "all messages so far"),
    Action(
        "app.trust",
        "",
        "Trust this workspace…",
        "workspace",
        "app",
        "trust",
        "let it send prompts to the hosts that workbench.toml names",
    ),
    Action("app.export", "", "Export…", "prompt", "app", "export", "a version to a target"),
    Action(
        "app.quit",
        "ctrl+q",
        "Quit",
        "workbench",
        "app",
        "quit",
        "asks while a run is active",
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
    Action("prompts.export", "E", "Export…", "prompt", "prompts", "export", "to a target"),
    Action("prompts.revoke", "V", "Revoke…", "deploy", "prompts", "revoke", "never live again"),
    Action(
        "prompts.providers",
        "P",
        "Providers…",
        "workspace",
        "prompts",
        "providers",
        "endpoints and their models",
    ),
    Action(
        "prompts.new",
        "n",
        "New prompt…",
        "prompt",
        "prompts",
        "new",
        "from a template or a text",
        1,
    ),
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
    Action(
        "deploys.rules",
        "L",
        "Rules…",
        "deploy",
        "deploys",
        "rules",
        "what the files change of them: old and new, and apply it",
        5,
    ),
    Action(
        "deploys.approve_rules",
        "A",
        "Approve rules…",
        "deploy",
        "deploys",
        "approve_rules",
        "that another person loosened",
        5,
    ),
    Action("deploys.export", "E", "Export…", "deploy", "deploys", "export", "to a target"),
    Action(
        "deploys.outbox",
        "O",
        "Outbox…",
        "deploy",
        "deploys",
        "outbox",
        "what did not arrive at the targets: send it again",
    ),
    Action("deploys.retire", "X", "Retire…", "deploy", "deploys", "retire", "nothing live there"),
    Action("deploys.revoke", "V", "Revoke…", "deploy", "deploys", "revoke", "never live again"),
)

RUN = (
    Action("run.stop", "x", "Stop", "run", "run", "stop", "x again aborts the calls too", 8),
    Action("run.resume", "r", "Resume", "run", "run", "resume", "what is missing or failed", 7),
    Action("run.named", "f", "Filter", "run", "run", "named", "errors, failures, refused…", 4),
    Action("run.compare", "c", "Compare", "run", "run", "compare", "with what is live", 5),
    Action("run.baseline", "equals_sign", "Baseline", "run", "run", "baseline", "A of Compare"),
    Action("run.promote", "a", "Add as case…", "run", "run", "promote", "to the dataset"),
    Action(
        "run.label", "L", "Label…", "run", "run", "label", "answers of this run, or of its suite"
    ),
    Action("run.charts", "t", "Charts", "run", "run", "charts", "latencies, scores, labels", 2),
    Action("run.back", "escape", "All runs", "run", "run", "back", "the list of runs", 3),
)

COMPARE = (
    Action("compare.named", "f", "Filter", "compare", "compare", "named", "broke, fixed, ...", 6),
    Action(
        "compare.next",
        "right_square_bracket",
        "Next case",
        "compare",
        "compare",
        "next(1)",
        "changed",
        4,
    ),
    Action(
        "compare.before",
        "left_square_bracket",
        "Case before",
        "compare",
        "compare",
        "next(-1)",
        "changed",
    ),
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
    Action(
        "compare.beside", "o", "Other side", "compare", "compare", "beside", "B, C or D beside A"
    ),
    Action("compare.drop", "X", "Drop side", "compare", "compare", "drop", "the last one added"),
    Action(
        "compare.why", "w", "Why", "compare", "compare", "why", "method, p, looks, what next", 3
    ),
    Action("compare.swap", "S", "Swap", "compare", "compare", "swap", "A and B change places"),
    Action(
        "compare.missing",
        "r",
        "Run missing…",
        "run",
        "compare",
        "missing",
        "cases that a side has no answer to",
    ),
    Action("compare.good", "u", "Rate good", "compare", "compare", "rate('good')", "B: thumbs up"),
    Action("compare.bad", "d", "Rate bad", "compare", "compare", "rate('bad')", "B: thumbs down"),
    Action("compare.unrate", "0", "No rating", "compare", "compare", "rate('')", "of B"),
    Action(
        "compare.prefer", "P", "Prefer…", "compare", "compare", "prefer", "blind, on logged inputs"
    ),
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
    Action("datasets.delete", "X", "Delete…", "dataset", "datasets", "delete", "this case", 3),
    Action("datasets.split", "f", "Filter", "dataset", "datasets", "split", "the next split", 4),
    Action("datasets.label", "L", "Label…", "dataset", "datasets", "label", "answers to the cases"),
    Action(
        "datasets.next", "o", "Other suite", "dataset", "datasets", "dataset", "the next one", 4
    ),
    Action("datasets.new", "n", "New suite…", "dataset", "datasets", "begin", "for a prompt", 2),
    Action("datasets.leave", "escape", "Back", "dataset", "datasets", "leave", "where you were"),
)

ACTIONS: tuple[Action, ...] = (
    *APP,
    *LIST,
    *TABLE,
    *TEXT,
    *PROMPTS,
    *DRAFT,
    *TRIES,
    *RUN,
    *COMPARE,
    *DEPLOYS,
    *DATASETS,
    *DIFF,
    *COPY,
    *READING,
    *LABEL,
    *PREFER,
    *DIALOG,
)
