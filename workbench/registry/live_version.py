"""The question which version is live, and how its row becomes a version that was checked."""

from __future__ import annotations

from workbench.errors import NotInRegistry, RegistryError
from workbench.registry.digest import Column, digest_of
from workbench.registry.values import PromptVersion

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Query = Callable[[str, tuple[Column, ...]], tuple[Column, ...] | None]
    """SQL and its values to the first row."""

_COLUMNS = ("seq", "prompt_id", "version", "sort_key", "content", "body", "fingerprint",
            "description", "author", "force_reason")  # fmt: skip
_WIDTH = len(_COLUMNS)

_SELECT = """
SELECT v.seq, v.prompt_id, v.version, v.sort_key, v.content, v.body, v.fingerprint,
  v.description, v.author, v.force_reason, vl.digest, vl.at, d.seq, dl.hash, d.evaluation,
  (SELECT e.score FROM evaluations e WHERE e.seq = d.evaluation),
  EXISTS (SELECT 1 FROM revocations r WHERE r.prompt_id = v.prompt_id AND r.version = v.version),
  d.action, dl.at, dl.actor
FROM deployments d
JOIN versions v ON v.prompt_id = d.prompt_id AND v.version = d.version
JOIN ledger vl ON vl.seq = v.seq
JOIN ledger dl ON dl.seq = d.seq
WHERE d.prompt_id = ? AND d.environment = ?"""
NEWEST = _SELECT + " ORDER BY d.seq DESC LIMIT 1"
HEAD = """
SELECT d.seq, l.hash, EXISTS (
  SELECT 1 FROM revocations r WHERE r.prompt_id = d.prompt_id AND r.version = d.version)
FROM deployments d JOIN ledger l ON l.seq = d.seq
WHERE d.prompt_id = ? AND d.environment = ? ORDER BY d.seq DESC LIMIT 1"""
NEWEST_AT = _SELECT + " AND dl.at <= ? ORDER BY d.seq DESC LIMIT 1"

_ENVIRONMENTS = "SELECT json_group_array(DISTINCT name) FROM environments"
_PROMPTS = "SELECT json_group_array(DISTINCT prompt_id) FROM versions"


class Unverified(RegistryError):
    """The registry can be read, but what it says contradicts what it said before."""


def head_of(row: tuple[Column, ...]) -> tuple[int, str]:
    """Sequence number and hash of the deployment in a row."""
    return int(row[_WIDTH + 2] or 0), str(row[_WIDTH + 3])


def is_retirement(row: tuple[Column, ...]) -> bool:
    """Whether with it nothing is live any more."""
    return row[_WIDTH + 7] == "retire"


def version_of(row: tuple[Column, ...], environment: str) -> PromptVersion:
    """The version in a row. Raises Unverified when it is not as it was registered."""
    columns = row[:_WIDTH]
    digest, created, _, _, evaluation, score, revoked = row[_WIDTH : _WIDTH + 7]
    if digest_of("version", dict(zip(_COLUMNS, columns, strict=True))) != digest:
        raise Unverified(
            f"{columns[1]}@{columns[2]} was altered after it was registered",
            hint="run workbench verify, then workbench restore BACKUP",
        )
    return PromptVersion(
        prompt_id=str(columns[1]),
        version=str(columns[2]),
        content=str(columns[4]),
        description=str(columns[7]),
        author=str(columns[8]),
        created_at=str(created),
        is_active=True,
        tested=evaluation is not None,
        evaluation_score=None if score is None else float(score),
        fingerprint=str(columns[6]),
        body=str(columns[5]),
        revoked=bool(revoked),
        environment=environment,
        deployed_at=str(row[_WIDTH + 8]),
        deployed_by=str(row[_WIDTH + 9]),
    )


def nothing_is_live(
    prompt_id: str, environment: str, row: tuple[Column, ...] | None, query: Query
) -> NotInRegistry:
    """Why, by the row of its retirement if there is one, and what may have been meant."""
    if row is not None:
        return NotInRegistry(
            f"{prompt_id} was retired from {environment}", hint="see workbench log"
        )
    # Only on the way to an error: an app that reads needs neither.
    import json

    from workbench.suggestions import did_you_mean

    hint = f"workbench deploy {prompt_id}@VERSION {environment}"
    for asked, sql in ((environment, _ENVIRONMENTS), (prompt_id, _PROMPTS)):
        row = query(sql, ())
        known = json.loads(str(row[0])) if row else []
        if asked not in known:
            hint = did_you_mean(asked, known)
            break
    return NotInRegistry(f"nothing of {prompt_id} is live in {environment}", hint=hint)
