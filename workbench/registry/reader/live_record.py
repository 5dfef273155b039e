"""The newest deployment of a prompt in an environment, and the version that it made live.

Both rows are checked against the ledger: the digest of each row, the hash of each record, and that
the record after it still follows it.
"""

from __future__ import annotations

from workbench.errors import RegistryUnusable
from workbench.registry.models.digest import Column, digest_of, record_hash
from workbench.registry.models.values import PromptVersion

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    Row = dict[str, Column]
    """Column names to values. All columns: newer releases may have added some."""
    Query = Callable[[str, tuple[Column, ...]], tuple[Column, ...] | None]
    """SQL and its values to the first row."""
    RowQuery = Callable[[str, tuple[Column, ...]], Row | None]

_NEWEST = """SELECT * FROM deployments WHERE prompt_id = ? AND environment = ?
ORDER BY seq DESC LIMIT 1"""
_RECORD = """SELECT l.seq, l.kind, l.at, l.actor, l.digest, l.previous, l.hash,
  (SELECT n.previous FROM ledger n WHERE n.seq = l.seq + 1) FROM ledger l WHERE l.seq = ?"""
_RECORD_NAMES = ("record_seq", "record_kind", "record_at", "record_actor", "record_digest",
                 "record_previous", "record_hash", "record_next")  # fmt: skip
VERSIONS = """SELECT l.seq AS record_seq, l.kind AS record_kind, l.at AS record_at,
  l.actor AS record_actor, l.digest AS record_digest, l.previous AS record_previous,
  l.hash AS record_hash,
  (SELECT n.previous FROM ledger n WHERE n.seq = l.seq + 1) AS record_next, {0}v.*
FROM versions v LEFT JOIN ledger l ON l.seq = v.seq"""
"""All columns of versions with the ledger's record of each; {0} takes further columns, each
followed by a comma. `split_record` separates such a row.
"""
_VERSION = VERSIONS.format("") + " WHERE v.prompt_id = ? AND v.version = ?"
_SCORE = "SELECT score FROM evaluations WHERE seq = ?"

_DAMAGED = "run workbench verify, then workbench restore BACKUP"


_KNOWN = {
    "deployment": frozenset(
        ("seq", "prompt_id", "environment", "action", "version", "fingerprint", "previous_seq",
         "previous_version", "stands_for", "evaluation", "override", "again", "stale", "reason",
         "request_id")
    ),
    "version": frozenset(
        ("seq", "prompt_id", "version", "sort_key", "content", "body", "fingerprint",
         "description", "author", "force_reason")
    ),
    "revocation": frozenset(("seq", "prompt_id", "version", "fingerprint", "reason")),
}  # fmt: skip
"""The columns of the first schema."""
_SAFE = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_-.")
_LONGEST_NAME = 100


class Unverified(RegistryUnusable):
    """The registry can be read, but contradicts itself or an earlier answer."""


class LiveRecord:
    """A deployment and its version, with the ledger's records of both (seq, kind, at, actor,
    digest, previous, hash). A retirement has no version.
    """

    __slots__ = ("deployed", "deployment", "registered", "revoked", "score", "version")

    def __init__(
        self,
        deployment: Row,
        deployed: Sequence[Column],
        version: Row,
        registered: Sequence[Column],
        score: float | None,
        revoked: bool = False,
    ) -> None:
        self.deployment = deployment
        self.deployed = tuple(deployed)
        self.version = version
        self.registered = tuple(registered)
        self.score = score
        self.revoked = revoked

    @property
    def seq(self) -> int:
        """The deployment's place in the ledger."""
        return int(self.deployed[0] or 0)

    @property
    def hash(self) -> str:
        """The hash of the deployment's record."""
        return str(self.deployed[6])

    @property
    def is_retirement(self) -> bool:
        """Whether it ends the life of the prompt in the environment."""
        return self.deployment["action"] == "retire"

    def says_the_same(self, other: LiveRecord) -> bool:
        """Whether an app would get the same answer."""
        return all(getattr(self, name) == getattr(other, name) for name in self.__slots__)

    def check(self, prompt_id: str, environment: str) -> None:
        """Raises Unverified unless rows and records are unchanged, and belong together and to this
        prompt and environment.
        """
        check_row("deployment", self.deployment, self.deployed)
        made = self.deployment
        if (made["prompt_id"], made["environment"]) != (prompt_id, environment):
            raise damaged(f"record {self.seq} is not of {prompt_id} in {environment}")
        if self.is_retirement:
            return
        check_row("version", self.version, self.registered)
        for name in ("prompt_id", "version", "fingerprint"):
            if made[name] != self.version[name]:
                raise damaged(f"deployment {self.seq} is of another version than it names")

    def as_version(self) -> PromptVersion:
        """The value for the app. The record must be checked, and not a retirement."""
        made = self.deployment
        return version_from(
            self.version,
            self.registered,
            is_active=True,
            tested=made["evaluation"] is not None,
            evaluation_score=self.score,
            revoked=self.revoked,
            environment=str(made["environment"]),
            deployed_at=str(self.deployed[2]),
            deployed_by=str(self.deployed[3]),
        )


def version_from(row: Row, record: Sequence[Column], **standing: Any) -> PromptVersion:
    """A version from its row and its record, with the fields that say how it stands."""
    return PromptVersion(
        prompt_id=str(row["prompt_id"]),
        version=str(row["version"]),
        content=str(row["content"]),
        description=str(row["description"]),
        author=str(row["author"]),
        created_at=str(record[2]),
        fingerprint=str(row["fingerprint"]),
        body=str(row["body"]),
        **standing,
    )


def split_record(row: Row) -> tuple[Row, tuple[Column, ...]]:
    """The columns of a version and its record, from a row of VERSIONS.

    Raises Unverified when the ledger has no such record.
    """
    record = tuple(map(row.pop, _RECORD_NAMES))
    if record[0] is None:
        raise damaged(f"the ledger has no record of {row['prompt_id']}@{row['version']}")
    return row, record


def check_row(kind: str, row: Row, record: Sequence[Column]) -> None:
    """Raises Unverified unless the ledger recorded exactly this row, and exactly this record."""
    seq, recorded, at, actor, digest, previous, hashed = record[:7]
    named = f"{row['prompt_id']}@{row['version']}" if kind == "version" else f"{kind} {row['seq']}"
    if (row["seq"], kind) != (seq, recorded) or row_digest_of(kind, row) != digest:
        raise damaged(f"{named} was altered after it was recorded")
    chained = record_hash(int(seq or 0), kind, str(at), str(actor), str(digest), str(previous))
    if chained != hashed:
        raise damaged(f"the ledger's record of {named} was altered")
    if len(record) > 7 and record[7] not in (None, hashed):
        raise damaged(f"the ledger does not go on from its record of {named}")


def row_digest_of(kind: str, row: Row) -> str:
    """The digest of a row. A newer release may have added columns: empty ones are left out."""
    known = _KNOWN[kind]
    if len(row) > len(known):
        row = {name: value for name, value in row.items() if value or name in known}
    return digest_of(kind, row)


def damaged(what: str) -> Unverified:
    """The error for contradictory records."""
    return Unverified(what, hint=_DAMAGED)


def may_be_names(prompt_id: object, environment: object) -> bool:
    """Whether a registry can hold such names; they are safe as file names then."""
    for name in (prompt_id, environment):
        if not isinstance(name, str) or not 0 < len(name) <= _LONGEST_NAME:
            return False
        if not _SAFE.issuperset(name) or name[0] in "_-." or ".." in name:
            return False
    return True


def newest(prompt_id: str, environment: str, row_of: RowQuery, query: Query) -> LiveRecord | None:
    """The newest deployment by the index, checked; None when the index has none.

    Raises Unverified. `coverage` checks whether the index left one out.
    """
    made = row_of(_NEWEST, (prompt_id, environment))
    return None if made is None else completed(made, prompt_id, environment, row_of, query)


def completed(
    made: Row, prompt_id: str, environment: str, row_of: RowQuery, query: Query
) -> LiveRecord:
    """A deployment with its version and its records, checked. Raises Unverified."""
    deployed = query(_RECORD, (made["seq"],))
    if deployed is None:
        raise damaged(f"the ledger has no record of deployment {made['seq']}")
    version: Row = {}
    registered: tuple[Column, ...] = ()
    score: float | None = None
    if made["action"] != "retire":
        ref = f"{prompt_id}@{made['version']}"
        version = row_of(_VERSION, (prompt_id, made["version"])) or {}
        if not version:
            raise damaged(f"{ref} is live and its row is gone")
        version, registered = split_record(version)
        if made["evaluation"] is not None:
            scored = query(_SCORE, (made["evaluation"],))
            score = None if scored is None or scored[0] is None else float(scored[0])
    record = LiveRecord(made, deployed, version, registered, score)
    record.check(prompt_id, environment)
    record.deployed, record.registered = record.deployed[:7], record.registered[:7]
    return record
