"""An evaluation as JUnit XML for CI systems."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from workbench.present.safe_text import safe_line
from workbench.present.slices.lines import condition_lines
from workbench.present.verdict_details import details, evidence_notes
from workbench.present.verdict_lines import beneath, headline
from workbench.verdicts.evidence import policy_from_content
from workbench.verdicts.slices import conditions_of
from workbench.verdicts.values import CasePair, Comparison, Evidence, Gate

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_xml(evidence: Evidence) -> str:
    """One test suite per gating scorer: a test `gate` that fails unless the gate passes, and one
    test per case.

    A broken case is a failure only if the gate did not pass, so that a releasable build is green; a
    missing case is skipped with its reason.
    """
    suites = [_suite(evidence, comparison) for comparison in evidence.comparisons]
    body = "\n".join([*suites, *_conditions(evidence)])
    name = _attribute(f"{evidence.prompt_id} {evidence.version}")
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name={name}>\n{body}\n</testsuites>\n'
    )


def _suite(evidence: Evidence, comparison: Comparison) -> str:
    owner = f"{evidence.suite}.{comparison.scorer}"
    broke, missing = set(comparison.broke), set(comparison.missing)
    pairs = evidence.pairs.get(comparison.scorer, ())
    fails = comparison.gate is not Gate.PASS and comparison.difference is not None
    tests = [_gate_test(evidence, comparison, owner)]
    for pair in pairs:
        tests.append(_case_test(pair, owner, pair.case_id in broke, pair.case_id in missing, fails))
    failures = (comparison.gate is Gate.FAIL) + (len(broke) if fails else 0)
    errors = int(comparison.gate is Gate.NO_DECISION)
    when = _attribute(evidence.finished_at)
    return (
        f'  <testsuite name={_attribute(owner)} tests="{len(tests)}" failures="{failures}"'
        f' errors="{errors}" skipped="{len(missing)}" timestamp={when}>\n'
        + "\n".join(tests)
        + "\n  </testsuite>"
    )


def _conditions(evidence: Evidence) -> Iterator[str]:
    """What the gate asks beside its scorers, as a suite of its own."""
    conditions = conditions_of(evidence)
    if not conditions:
        return
    owner = f"{evidence.suite}.also"
    tests = []
    for one, line in zip(conditions, condition_lines(conditions), strict=True):
        inside = f"      <system-out>{_text(line)}</system-out>"
        if one.gate is not Gate.PASS:
            kind = "failure" if one.gate is Gate.FAIL else "error"
            inside = f"      <{kind} message={_attribute(line)}/>"
        head = f"    <testcase classname={_attribute(owner)} name={_attribute(one.name)}>"
        tests.append(f"{head}\n{inside}\n    </testcase>")
    failures = sum(one.gate is Gate.FAIL for one in conditions)
    errors = sum(one.gate is Gate.NO_DECISION for one in conditions)
    yield (
        f'  <testsuite name={_attribute(owner)} tests="{len(tests)}" failures="{failures}"'
        f' errors="{errors}" timestamp={_attribute(evidence.finished_at)}>\n'
        + "\n".join(tests)
        + "\n  </testsuite>"
    )


def _gate_test(evidence: Evidence, comparison: Comparison, owner: str) -> str:
    policy = policy_from_content(evidence.policy)
    line = headline(
        comparison, policy, a=evidence.baseline_version or "A", b=evidence.version or "B"
    )
    ref = f"{evidence.prompt_id}@{evidence.version}"
    more = (*beneath(comparison, policy, ref), *details(comparison), *evidence_notes(evidence))
    text = "\n".join([line, *more])
    if comparison.gate is Gate.PASS:
        inside = f"      <system-out>{_text(text)}</system-out>"
    else:
        kind = "failure" if comparison.gate is Gate.FAIL else "error"
        inside = f"      <{kind} message={_attribute(line)}>{_text(text)}</{kind}>"
    return f'    <testcase classname={_attribute(owner)} name="gate">\n{inside}\n    </testcase>'


def _case_test(pair: CasePair, owner: str, broke: bool, missing: bool, fails: bool) -> str:
    head = f"    <testcase classname={_attribute(owner)} name={_attribute(pair.case_id)}"
    scores = f"A {_scores(pair.a)}, B {_scores(pair.b)}"
    if missing:
        reason = pair.reason or "no score"
        return f"{head}>\n      <skipped message={_attribute(reason)}/>\n    </testcase>"
    if broke and fails:
        return (
            f"{head}>\n      <failure message={_attribute(f'broke: {scores}')}/>\n    </testcase>"
        )
    if broke:
        return f"{head}>\n      <system-out>{_text(scores)}</system-out>\n    </testcase>"
    return f"{head}/>"


def _scores(scores: tuple[float | None, ...]) -> str:
    return " ".join("missing" if score is None else f"{score:g}" for score in scores) or "none"


def _attribute(text: str) -> str:
    return quoteattr(_NOT_XML.sub("\ufffd", safe_line(text)))


def _text(text: str) -> str:
    lines = [safe_line(line) for line in text.split("\n")]
    return escape(_NOT_XML.sub("\ufffd", "\n".join(lines)))
