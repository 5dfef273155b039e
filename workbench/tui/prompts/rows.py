"""The rows and columns of prompts and versions, and the line about the selected one. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from workbench.present import numbers
from workbench.prompts.files.variants import AT
from workbench.tui.prompts.queries import PromptPage, PromptRow, VariantRow, VersionRow
from workbench.tui.table.columns import Column, Sign
from workbench.tui.table.list_rows import ListRow

DRAFT = "draft"


def prompt_rows(prompts: Iterable[PromptRow]) -> list[ListRow[PromptRow]]:
    """The list of prompts; one whose draft cannot be read has a sign."""
    return [
        ListRow(row.prompt_id, row, at, "error" if row.problem else "", row.prompt_id)
        for at, row in enumerate(prompts)
    ]


PROMPT_COLUMNS: tuple[Column[ListRow[PromptRow]], ...] = (
    Column(
        "prompt",
        "prompt",
        12,
        lambda row: row.item.prompt_id,
        lambda row: f"! {row.item.prompt_id}" if row.item.problem else row.item.prompt_id,
        grows=True,
    ),
    Column(
        "versions",
        "vers",
        5,
        lambda row: row.item.versions,
        lambda row: str(row.item.versions or DRAFT),
        align="right",
    ),
)


@dataclass(frozen=True, slots=True)
class VersionLine:
    """A line of the list of versions: the draft, a variant, or a version."""

    version: str
    where: str
    """Where it is live or was; of a draft or variant, how it differs from the versions."""
    created_at: str | None = None
    """None: the draft, or a variant."""
    score: float | None = None
    delta: float | None = None
    cost_usd: float | None = None


def version_rows(page: PromptPage, *, short: bool = False) -> list[ListRow[VersionLine]]:
    """The draft, its variants, then the versions, newest first; `short`: for a narrow list."""
    lines: list[tuple[VersionLine, Sign]] = []
    if page.draft or page.problem:
        state = "! broken" if page.problem else "changed" if page.versions else "new"
        if page.same_as:
            state = f"= {page.same_as}"
        lines.append((VersionLine(DRAFT, state), "error" if page.problem else "quiet"))
    for variant in page.variants:
        at = f"= {variant.state.version}" if variant.state.version else "variant"
        state = "! broken" if variant.state.problem else at
        sign_of: Sign = "error" if variant.state.problem else "quiet"
        lines.append((VersionLine(f"{AT}{variant.state.variant}", state), sign_of))
    for row in page.versions:
        sign: Sign = "error" if row.version.revoked and row.places else ""
        version, created_at = row.version.version, row.version.created_at or ""
        line = VersionLine(
            version, _where(row, short), created_at, row.score, row.delta, row.cost_usd
        )
        lines.append((line, sign))
    return [
        ListRow(line.version, line, at, sign, f"{line.version} {line.where}")
        for at, (line, sign) in enumerate(lines)
    ]


def _shown_score(row: ListRow[VersionLine]) -> str:
    return "" if row.item.created_at is None else numbers.score(row.item.score)


def _shown_delta(row: ListRow[VersionLine]) -> str:
    return "" if row.item.delta is None else numbers.points(row.item.delta)


def _shown_cost(row: ListRow[VersionLine]) -> str:
    return "" if row.item.cost_usd is None else numbers.money(row.item.cost_usd)


def _shown_age(row: ListRow[VersionLine]) -> str:
    created_at = row.item.created_at
    return "" if created_at is None else _when(created_at, datetime.now(UTC))


def _delta_sign(row: ListRow[VersionLine]) -> Sign:
    return "" if not row.item.delta else "up" if row.item.delta > 0 else "down"


VERSION_COLUMNS: tuple[Column[ListRow[VersionLine]], ...] = (
    Column("version", "version", 8, lambda row: row.item.version),
    Column("score", "score", 5, lambda row: row.item.score, _shown_score, align="right"),
    Column("delta", "Δ", 5, lambda row: row.item.delta, _shown_delta, _delta_sign, "right"),
    Column("cost", "cost", 8, lambda row: row.item.cost_usd, _shown_cost, align="right"),
    Column("where", "deployed", 10, lambda row: row.item.where, grows=True),
    Column("when", "when", 7, lambda row: row.item.created_at, _shown_age, align="right"),
)


def _when(created_at: str, now: datetime) -> str:
    """`2 h`, `3 d`; older than that: year and month."""
    age = numbers.age(created_at, now)
    return age.removesuffix(" ago") if age.endswith(" ago") else age[:7]


def drafted(page: PromptPage) -> str:
    """The version that the draft equals, or was made from."""
    newest = page.versions[0].version.version if page.versions else ""
    return page.same_as or newest


def registered(page: PromptPage, variant: str) -> str | None:
    """The version that the draft is, or that variant of it; None: it is not registered."""
    row = page.variant(variant) if variant else None
    return (row.state.version if row else page.same_as) or None


def _where(row: VersionRow, short: bool) -> str:
    if row.version.revoked:
        return "! REVOKED" if row.places else "REVOKED"
    if row.places:
        shown = [p.upper() if p == "production" else p for p in row.places]
        if short and len(shown) > 1:
            shown.sort(key=lambda place: not place.isupper())
            rest = shown[1][:4] if len(shown) == 2 else str(len(shown) - 1)
            return f"{shown[0][:4]}+{rest}"
        return " ".join(shown)
    return f"(was {row.was_in[0]})" if row.was_in else ""


def other(page: PromptPage, chosen: str | None) -> str:
    """The version to compare with when none was picked."""
    for environment in ("production", *page.live):
        deployment = page.live.get(environment)
        if deployment and deployment.version != chosen:
            return f"{page.prompt_id}@{deployment.version}"
    for row in page.versions:
        if row.version.version != chosen:
            return f"{page.prompt_id}@{row.version.version}"
    return ""


def hint(page: PromptPage, row: VersionRow | None, variant: VariantRow | None = None) -> str:
    """The state of the selected version or variant, and what to press next."""
    if variant:
        same = f"is {variant.state.version}" if variant.state.version else "is a variant"
        problem = variant.state.problem
        return f"{problem or f'{variant.state.ref} {same}'} · e Edit · ^n promotes or drops it"
    if page.problem and row is None:
        return f"{page.problem} · e Edit"
    if row is None:
        if page.draft is None:
            return "no draft · e makes one of the newest version"
        if page.same_as:
            return f"the draft is {page.same_as} · v Evaluate · D Deploy · e Edit"
        if page.changed_snippets:
            names, newest = ", ".join(page.changed_snippets), page.versions[0].version.version
            return (
                f"snippets changed since {newest}, and its evidence is of their old text: {names}"
            )
        return "the draft is not registered · e Edit · r Run it on a suite"
    if row.version.revoked:
        if not row.places:
            return f"{row.version.version} is revoked: it never goes live again"
        where = ", ".join(row.places)
        return f"! {row.version.version} is revoked, and still live in {where} · F9 Deploys"
    if row.places:
        since = page.live[row.places[0]].deployed_at[:10]
        live = f"{row.version.version} is live in {', '.join(row.places)} since {since}"
        read = " · m as an app reads it" if "production" in row.places else " · D Deploy goes on"
        return live + read
    if row.evaluation is None:
        return f"{row.version.version} has no evidence · v Evaluate runs its gate"
    gate = row.evaluation.gate.value.replace("_", " ")
    from workbench.verdicts.slices import decisive_reason  # not before the first frame

    reason = decisive_reason(row.evaluation.evidence)
    step = "D Deploy" if gate == "pass" else "c Compare shows why"
    return f"gate {gate}: {reason or row.evaluation.suite} · {step}"
