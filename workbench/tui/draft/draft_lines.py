"""What the draft's panes say, as content."""

from __future__ import annotations

from collections.abc import Mapping

from textual.content import Content

from workbench.datasets.json_values import as_text
from workbench.datasets.values import Case
from workbench.present import numbers
from workbench.present.safe_text import safe_line, safe_text
from workbench.prompts.inputs.conversations import message_text
from workbench.tui.draft.checks import Checked, State
from workbench.tui.draft.queries import CallPrice, DraftPage

_STYLES: Mapping[State, str] = {
    "ok": "$text-success",
    "default": "$text-muted",
    "unused": "$text-warning",
    "undeclared": "$text-error",
    "missing": "$text-error",
}
_VALUE_CELLS = 40
USUAL_OUTPUT = 200


def facts_text(checked: Checked, page: DraftPage | None, *, in_full: bool = False) -> Content:
    """The inputs with what the case puts there, the problems, the contract."""
    lines = []
    width = max((len(item.name) for item in checked.variables), default=0)
    for item in checked.variables:
        value = safe_line(item.value)
        if len(value) > _VALUE_CELLS and not in_full:
            value = value[: _VALUE_CELLS - 1] + "…"
        lines.append(
            Content.assemble(
                f"{safe_line(item.name):{width}} ", (f"{item.state:10}", _STYLES[item.state]), value
            )
        )
    for problem in checked.problems:
        sign, style = ("!", "$text-error") if problem.is_error else ("~", "$text-warning")
        at = (
            ""
            if problem.line is None or f"line {problem.line}" in problem.text
            else (f"line {problem.line}: ")
        )
        lines.append(Content.styled(safe_line(f"{sign} {at}{problem.text}"), style))
    if checked.prompt and not checked.problems:
        lines.append(Content.styled("checks: nothing to fix", "$text-success"))
    lines += _part_lines(checked, page)
    lines += _contract_lines(checked, page)
    return Content("\n").join(lines)


def first_problem(checked: Checked) -> str:
    """The most important problem in one line; empty without one."""
    if not checked.problems:
        return ""
    first = checked.problems[0]
    at = f"line {first.line}: " if first.line else ""
    where = "" if at.rstrip(": ") in first.text else at
    return f"{'!' if first.is_error else '~'} {where}{first.text}"


def _part_lines(checked: Checked, page: DraftPage | None) -> list[Content]:
    """Its snippets, with the drafts that an edit of one changes too, and its examples."""
    lines = []
    shared = dict(page.shared) if page else {}
    for name in checked.prompt.snippets if checked.prompt else ():
        others = f" · an edit changes {', '.join(shared[name])} too" if shared.get(name) else ""
        lines.append(
            Content.styled(safe_line(f"includes snippets/{name}.md{others}"), "$text-muted")
        )
    examples = checked.prompt.examples if checked.prompt else None
    if examples:
        rows = numbers.plural(len(examples.rows), "example")
        tokens = (
            f" · ≈ {numbers.tokens(checked.example_tokens)} tok" if checked.example_tokens else ""
        )
        lines.append(Content.styled(safe_line(f"{rows} {examples.file}{tokens}"), "$text-muted"))
    return lines


def _contract_lines(checked: Checked, page: DraftPage | None) -> list[Content]:
    base = page.baseline if page else None
    if base is None:
        return [Content.styled("no version yet: ^s registers 1.0.0", "$text-muted")]
    if not checked.prompt:
        return []
    where = f"{base.live_version} ({base.where})"
    if not checked.changes:
        return [Content.styled(f"same as {where}", "$text-muted")]
    bump = checked.bump.name.lower()
    line = f"{bump} change from {where}"
    if checked.version:
        line = f"registers as {checked.version}: {line}"
    lines = [Content.styled(line, "bold")]
    lines += [Content(safe_line(f"  {change.reason}")) for change in checked.changes[:8]]
    return lines


def preview_text(checked: Checked, case: Case | None) -> Content:
    """The messages as they would be sent."""
    if not checked.messages:
        if case is None:
            note = "no case to render: a suite brings them, or ^t asks for the inputs"
            return Content.styled(note, "$text-muted")
        return Content.styled("not rendered: fix what the checks report", "$text-muted")
    parts = []
    for message in checked.messages:
        body = safe_text(message_text(message))
        parts.append(Content.assemble((f"{message.role}: ", "bold $text-primary"), body))
    text = Content("\n").join(parts)
    if case is not None and case.expected is not None:
        expected = Content.assemble(
            ("\nexpected (not sent): ", "bold $text-muted"), safe_line(as_text(case.expected))
        )
        text = text + expected
    return text


def about_line(checked: Checked, page: DraftPage | None, price: CallPrice | None) -> Content:
    """Model, parameters, dataset, tokens and money of one call and of the suite."""
    parts = []
    prompt = checked.prompt
    most = USUAL_OUTPUT
    if prompt and prompt.model:
        options = prompt.model.options
        parts.append(f"{prompt.model.provider}/{prompt.model.id}")
        if "temperature" in options:
            parts.append(f"temp {options['temperature']}")
        limit = options.get("maxOutputTokens")
        most = limit if isinstance(limit, int) else most
    if checked.messages:
        parts.append(f"≈ {numbers.tokens(checked.tokens)} tok")
        if price is not None:
            parts.append(f"{numbers.money(price.cost(checked.tokens, most))} a call")
    if page and page.suite:
        cases = len(page.suite.dev_cases.cases)
        run = numbers.plural(cases, "case")
        if price is not None and checked.messages:
            run += f" {numbers.money(price.cost(checked.tokens, most) * cases)}"
        parts.append(run)
    return Content(safe_line(" " + " · ".join(parts)))
