"""Prompts and versions as rows, and what is said about them. Pure."""

from __future__ import annotations

from datetime import UTC, datetime

from workbench.present import numbers
from workbench.tui.services.registry_queries import PromptPage, PromptRow, VersionRow
from workbench.tui.table.list_rows import ListRow
from workbench.tui.table.table_model import Sign

DRAFT = "draft"


def prompt_row(row: PromptRow, place: int) -> ListRow:
    """A prompt in the list; one whose draft cannot be read has a sign."""
    name = row.prompt_id if not row.problem else f"! {row.prompt_id}"
    return ListRow(
        row.prompt_id,
        {"prompt": name, "versions": str(row.versions) if row.versions else DRAFT[:5]},
        sign="error" if row.problem else "",
        place=place,
    )


def version_rows(page: PromptPage, *, short: bool = False) -> list[ListRow]:
    """The draft, then the versions, newest first; `short`: for a narrow list."""
    now = datetime.now(UTC)
    rows = []
    if page.draft or page.problem:
        said = "! broken" if page.problem else "changed" if page.versions else "new"
        if page.same_as:
            said = f"= {page.same_as}"
        sign: Sign = "error" if page.problem else "quiet"
        rows.append(ListRow(DRAFT, {"version": DRAFT, "where": said}, sign=sign))
    for place, row in enumerate(page.versions, 1):
        cells = {
            "version": row.version.version,
            "score": numbers.score(row.score),
            "delta": numbers.points(row.delta) if row.delta is not None else "",
            "cost": numbers.money(row.cost_usd) if row.cost_usd is not None else "",
            "where": _where(row, short),
            "when": _when(row.version.created_at or "", now),
        }
        delta: Sign = "" if not row.delta else "up" if row.delta > 0 else "down"
        sign = "error" if row.version.revoked and row.places else ""
        rows.append(ListRow(row.version.version, cells, {"delta": delta}, sign, place))
    return rows


def _when(created_at: str, now: datetime) -> str:
    """`2 h`, `3 d`; older than that: year and month."""
    age = numbers.age(created_at, now)
    return age.removesuffix(" ago") if age.endswith(" ago") else age[:7]


def drafted(page: PromptPage) -> str:
    """The version that the draft says, or was made of."""
    newest = page.versions[0].version.version if page.versions else ""
    return page.same_as or newest


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


def say(page: PromptPage, row: VersionRow | None) -> str:
    """What the version under the cursor is, and what to press next."""
    if page.problem and row is None:
        return f"{page.problem} · e Edit"
    if row is None:
        if page.draft is None:
            return "no draft · e makes one of the newest version"
        if page.same_as:
            return f"the draft is {page.same_as} · e Edit"
        return "the draft is not registered · e Edit · r Run it on a suite"
    if row.version.revoked:
        if not row.places:
            return f"{row.version.version} is revoked: it never goes live again"
        where = ", ".join(row.places)
        return f"! {row.version.version} is revoked, and still live in {where} · F9 Deploys"
    if row.places:
        since = page.live[row.places[0]].deployed_at[:10]
        return f"{row.version.version} is live in {', '.join(row.places)} since {since}"
    if row.evaluation is None:
        return f"{row.version.version} has no evidence · v Evaluate runs its gate"
    gate = row.evaluation.gate.value.replace("_", " ")
    reason = (
        row.evaluation.evidence.comparisons[0].reason if row.evaluation.evidence.comparisons else ""
    )
    step = "D Deploy" if gate == "pass" else "c Compare shows why"
    return f"gate {gate}: {reason or row.evaluation.suite} · {step}"
