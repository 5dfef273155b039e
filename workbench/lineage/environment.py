"""How the environment of an evaluation differs from another one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from workbench.lineage.values import DRIFTED, NOTE, Difference, fact_text
from workbench.runs.spec.environment import ARTIFACT, NOT_ENFORCED

_DECIDES = ("parameters", "timeout_s", "workbench", "python", "openai", "httpx2", "lock")
_PLACE = ("timezone", "locale")
_MACHINE = ("os", "machine", "cpu", "accelerator")
"""Notes, but for a model that runs on the machine: its answers depend on them."""
_ROTATES = ("system_fingerprint",)
_OF_RUNS = ("parameters", "timeout_s", *_ROTATES)
"""Facts that only a run has."""
SHOWN = (
    *(key for key in _DECIDES if key != "parameters"),
    *(*_PLACE, *_MACHINE, "commit", NOT_ENFORCED, *_ROTATES),
)
"""Facts that the lineage shows."""
_ELSEWHERE = {"endpoint", "weights"}
"""Parts of a provider's identity that are compared as the origin of answers."""
WORDS = {
    "openai": "openai package",
    "httpx2": "httpx2 package",
    "lock": "lock file",
    "timezone": "time zone",
    "timeout_s": "timeout",
    "cpu": "processor",
    "commit": "git commit",
    NOT_ENFORCED: "not enforced for code",
    "system_fingerprint": "system fingerprint",
}
"""Words for facts whose names do not say it."""


def environment_differences(
    before: Mapping[str, Any], now: Mapping[str, Any]
) -> Iterator[Difference]:
    """What differs of the facts that were recorded before, and of those alone. Facts that `now`
    does not tell are left out where it tells nothing of the kind.
    """
    local = "pins" in before or "weights" in (before.get("identity") or {})
    for name in sorted({*(before.get("pins") or {}), *(now.get("pins") or {})}):
        old, new = ((each.get("pins") or {}).get(name, "") for each in (before, now))
        if "pins" in before and "pins" in now and old != new:
            yield Difference(f"the {name} of the model", old, new, DRIFTED, ("pin", name))
    identities = [each.get("identity") or {} for each in (before, now)]
    for name in sorted({*identities[0], *identities[1]} - _ELSEWHERE) if all(identities) else ():
        old, new = (fact_text(each.get(name)) for each in identities)
        if old != new:
            yield Difference(f"{name.replace('_', ' ')} of the provider", old, new)
    pins = [each.get(ARTIFACT) or {} for each in (before, now)]
    for name in ("version", "digest", "stage", "approval") if all(pins) else ():
        old, new = (str(pin.get(name, "")) for pin in pins)
        if old != new:
            reads = NOTE if name in ("stage", "approval") else DRIFTED
            yield Difference(f"the {name} of the artifact", old, new, reads, ("artifact", ""))
    for key in (*_DECIDES, *_PLACE, *_MACHINE, *_ROTATES):
        old, new = before.get(key), now.get(key)
        if old is None or old == new or (key not in now and key in _OF_RUNS):
            continue
        reads = NOTE if key in _ROTATES or (key in _MACHINE and not local) else DRIFTED
        word = WORDS.get(key, key)
        yield Difference(word, fact_text(old), fact_text(new), reads, ("environment", word))
