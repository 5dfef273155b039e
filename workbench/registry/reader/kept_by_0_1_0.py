"""Last good answers stored by release 0.1.0: JSON files without the deployment's own record.

Used where this release has stored none yet, so that an app that was upgraded while the registry is
unreachable keeps its prompt, and an older registry is noticed.
"""

from __future__ import annotations

import json

from workbench.registry.models.digest import digest_of
from workbench.registry.reader.live_record import LiveRecord

FORMAT = "workbench-live-1"
_VERSION = ("seq", "prompt_id", "version", "sort_key", "content", "body", "fingerprint",
            "description", "author", "force_reason")  # fmt: skip
_REST = ("digest", "created", "seq", "hash", "evaluation", "score", "revoked", "action", "at", "by")


def unpacked(data: bytes, prompt_id: str, environment: str) -> LiveRecord:
    """Checks the version alone, as 0.1.0 did. Raises ValueError and others on anything else."""
    head, *columns = json.loads(data)
    version = dict(zip(_VERSION, columns[: len(_VERSION)], strict=True))
    rest = dict(zip(_REST, columns[len(_VERSION) :], strict=True))
    if (head, version["prompt_id"]) != (FORMAT, prompt_id):
        raise ValueError("not kept for this prompt")
    if digest_of("version", version) != rest["digest"]:
        raise ValueError("the version was altered")
    named = {name: version[name] for name in ("prompt_id", "version", "fingerprint")}
    deployment = named | {"environment": environment} | rest
    deployed = (int(rest["seq"]), "deployment", rest["at"], rest["by"], "", "", str(rest["hash"]))
    registered = (version["seq"], "version", rest["created"], "", rest["digest"], "", "")
    score = rest["score"]
    return LiveRecord(
        deployment,
        deployed,
        version,
        registered,
        None if score is None else float(score),
        bool(rest["revoked"]),
    )
