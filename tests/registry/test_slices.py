"""Tags and raw values in the registry: what `verify` compares them with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.registry.making import build_evidence
from workbench.fingerprints import fingerprint, short
from workbench.registry import PromptRegistry, PromptVersion
from workbench.runs.spec.suite import GatePolicy
from workbench.verdicts import recompute
from workbench.verdicts.values import CasePair, Gate

Tested = Callable[..., PromptVersion]
POLICY = GatePolicy(("exact",), margin=0.5, slices=(("vip", 0.5),))


def recorded(registry: PromptRegistry, version: PromptVersion, tags: tuple[str, ...]) -> Gate:
    """Evidence whose cases have these tags, on a suite that publishes all of them as vip."""
    one = (1.0,) * 40
    evidence = build_evidence(
        version,
        suite="sliced",
        scores=one,
        baseline=one,
        policy=POLICY,
        baseline_version="0.9.0",
        baseline_fingerprint="b" * 64,
    )
    pairs = {name: tuple(replace(p, tags=tags) for p in ps) for name, ps in evidence.pairs.items()}
    raw = {"@cost": tuple(CasePair(p.case_id, (0.5,), (7.25,)) for p in pairs["exact"])}
    evidence = replace(evidence, pairs=pairs | raw)
    evidence = replace(evidence, gate=recompute(evidence))
    end = short(fingerprint([["vip"], None]))
    cases = {f"d{at}.{end}": pair.case_id for at, pair in enumerate(pairs["exact"])}
    registry.publish_suite(
        version.prompt_id, "sliced", evidence.suite_parts, POLICY.content(), "ana",
        contents={"cases": cases}, reason="first",
    )  # fmt: skip
    registry.record_evaluation(evidence, by="ana")
    (evaluation,) = (r for r in registry.evaluations(version.prompt_id) if r.suite == "sliced")
    assert evaluation.evidence.pairs == evidence.pairs, "tags and raw values come back as they were"
    return evaluation.gate


def test_tags_of_the_suite_are_sound(registry: PromptRegistry, tested: Tested) -> None:
    assert recorded(registry, tested("p", "1.0.0"), ("vip",)) is Gate.PASS
    assert registry.verify().ok


@pytest.mark.parametrize("tags", [(), ("plain",), ("vip", "plain")])
def test_other_tags_than_those_of_the_suite_are_found(
    registry: PromptRegistry, tested: Tested, tags: tuple[str, ...]
) -> None:
    recorded(registry, tested("p", "1.0.0"), tags)
    findings = registry.verify().findings
    assert any("has other tags than in its suite" in one.problem for one in findings)
