"""A judge's agreement with people, against independent implementations; who is admitted."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.inter_rater import cohens_kappa
from statsmodels.stats.proportion import proportion_confint

from workbench.registry import PromptRegistry
from workbench.verdicts.judges.calibration import Calibration, is_for_tuning
from workbench.verdicts.statistics.agreement import Matrix, kappa, kappa_of_raters, matrix_of

COUNTS = st.integers(0, 60)


def calibration(*counts: int, labelled: int | None = None, missing: int = 0) -> Calibration:
    matrix = Matrix(*counts)
    rarer = min(matrix.passed, matrix.failed)
    total = matrix.cases + missing if labelled is None else labelled
    return Calibration("helpful", "f" * 64, ("m",), "qa", "a" * 64, total, rarer, matrix, missing)


@pytest.mark.parametrize("size", [2, 3])
def test_kappa_and_its_interval_are_those_of_statsmodels(size: int) -> None:
    rng = np.random.default_rng(7)
    for _ in range(40):
        table = rng.integers(0, 40, (size, size)) + np.eye(size, dtype=int)
        expected = cohens_kappa(table)
        interval = kappa(table.tolist())
        assert interval is not None
        assert interval.value == pytest.approx(expected.kappa, abs=1e-12)
        assert interval.low == pytest.approx(max(-1.0, expected.kappa_low), abs=1e-9)
        assert interval.high == pytest.approx(min(1.0, expected.kappa_upp), abs=1e-9)


def test_sensitivity_and_specificity_have_wilsons_bounds() -> None:
    matrix = Matrix(40, 6, 5, 30)
    sensitivity, specificity = matrix.sensitivity(), matrix.specificity()
    assert sensitivity and specificity
    low, high = proportion_confint(40, 45, 0.05, "wilson")
    assert (sensitivity.low, sensitivity.high) == pytest.approx((low, high))
    low, high = proportion_confint(30, 36, 0.05, "wilson")
    assert (specificity.low, specificity.high) == pytest.approx((low, high))


def test_high_agreement_may_go_with_a_low_kappa() -> None:
    matrix = Matrix(92, 6, 1, 1)
    assert matrix.agreement == 0.93
    value = matrix.kappa()
    assert value and value.value < 0.25
    assert "kappa" in " ".join(calibration(92, 6, 1, 1).lacks())


def test_the_kappa_of_people_is_that_of_those_who_rated_the_same() -> None:
    labels = [{"a": True, "b": True}, {"a": False, "b": False}, {"a": True}, {"c": False}]
    assert kappa_of_raters(labels) == 1.0
    assert kappa_of_raters([{"a": True}, {"b": False}]) is None


def test_matrix_of_pairs() -> None:
    assert matrix_of([(True, True), (True, False), (False, False)]) == Matrix(1, 1, 0, 1)


@pytest.mark.parametrize(
    ("counts", "lacks"),
    [
        ((40, 4, 4, 30), ()),
        ((20, 2, 2, 20), ("44 labelled answers",)),
        ((60, 2, 3, 12), ("14 of the rarer label",)),
        ((40, 38, 1, 2), ("kappa", "specificity")),
        ((38, 2, 20, 30), ("sensitivity",)),
        ((60, 0, 0, 0), ("0 of the rarer label", "kappa cannot", "specificity cannot")),
    ],
)
def test_what_a_judge_lacks_is_said(counts: tuple[int, ...], lacks: tuple[str, ...]) -> None:
    reasons = list(calibration(*counts).lacks())
    assert all(any(word in line for line in reasons) for word in lacks)
    assert bool(reasons) == bool(lacks)


def test_a_judge_that_often_gives_no_verdict_is_not_admitted() -> None:
    good = calibration(40, 4, 4, 30)
    assert good.admitted
    assert replace(good, missing=4, labelled=82).admitted
    assert not replace(good, missing=5, labelled=83).admitted


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PromptRegistry]:
    path = tmp_path_factory.mktemp("registry") / "registry.db"
    with PromptRegistry(path, create=True) as opened:
        yield opened


def admitted_by_the_database(registry: PromptRegistry, one: Calibration) -> bool:
    seq = registry.record_calibration(one, "ana")
    with sqlite3.connect(f"file:{registry.path}?mode=ro", uri=True) as connection:
        row = connection.execute(
            "SELECT count(*) FROM admitted_calibrations WHERE seq = ?", (seq,)
        ).fetchone()
    return bool(row[0])


def test_the_database_admits_whom_the_program_admits(registry: PromptRegistry) -> None:
    rng = random.Random(5)
    verdicts = set()
    for _ in range(150):
        noise = rng.choice((2, 4, 8, 14))
        counts = (rng.randint(10, 50), rng.randint(0, noise), rng.randint(0, noise))
        one = calibration(*counts, rng.randint(10, 50), missing=rng.choice((0, 0, 3, 6)))
        assert admitted_by_the_database(registry, one) == one.admitted, one
        verdicts.add(one.admitted)
    assert verdicts == {True, False}


@settings(max_examples=20)
@given(COUNTS, COUNTS, COUNTS, COUNTS)
def test_no_matrix_breaks_the_rule(a: int, b: int, c: int, d: int) -> None:
    one = calibration(a, b, c, d)
    assert one.admitted == (not list(one.lacks()))


def test_a_calibration_is_a_record_that_never_changes(registry: PromptRegistry) -> None:
    one = calibration(40, 4, 4, 30)
    seq = registry.record_calibration(replace(one, human_kappa=0.7), "ana")
    newest = registry.calibrations("f" * 64)[0]
    assert (newest.seq, newest.recorded_by, newest.calibration.human_kappa) == (seq, "ana", 0.7)
    with sqlite3.connect(registry.path) as connection:
        for statement in (
            "UPDATE calibrations SET passed_by_judge = 0",
            "DELETE FROM calibrations",
            "INSERT OR REPLACE INTO calibrations SELECT * FROM calibrations LIMIT 1",
        ):
            with pytest.raises(sqlite3.IntegrityError):
                connection.execute(statement)
    assert registry.verify().ok
    assert any(entry.action == "calibrate" for entry in registry.history())


def test_cases_to_tune_with_are_a_fixed_quarter() -> None:
    tuning = [n for n in range(4_000) if is_for_tuning(f"case {n}")]
    assert 900 < len(tuning) < 1_100
    assert tuning == [n for n in range(4_000) if is_for_tuning(f"case {n}")]
