"""Several candidates against one baseline on the command line."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Cli


def test_each_candidate_has_its_verdict_and_what_it_may_claim_as_one_of_several(
    fresh_cli: Cli,
) -> None:
    cli = fresh_cli
    for word in ("plain", "better", "worse"):
        cli.say(word)
        assert cli.here("register", "triage", "-d", word).code == 0
    line = ("compare", "triage@1.0.0", "triage@1.0.1", "--also", "triage@1.0.2")
    done = cli.here(*line, "--json")
    assert done.code == 0, done.err
    found = done.json
    assert (found["b"], found["verdict"], found["fixed"]) == ("triage@1.0.1", "better", 8)
    first, second = found["candidates"]
    assert first["name"] == found["b"] and first["headline"] == found["headline"]
    assert first["holm_p"] == pytest.approx(2 * min(first["mid_p"], second["mid_p"]))
    assert first["holm_p"] <= second["holm_p"]
    assert [one["claimed"] for one in found["candidates"]] == [True, False]
    assert found["note"].startswith("best of 2: luck alone would put it about ")

    said = cli.here(*line).out.splitlines()
    assert said[0] == "A triage@1.0.0   B triage@1.0.1 and triage@1.0.2   triage, dev"
    assert said[1].startswith("PASS BETTER  triage@1.0.1 better than triage@1.0.0: ")
    assert any(one.startswith("FAIL         triage@1.0.2 worse than triage@1.0.0") for one in said)
    assert said[-3].endswith("as one of 2 (Holm): may be called better")
    assert said[-2].endswith("as one of 2 (Holm): may not be called better")
    assert said[-1] == found["note"]

    alone = cli.here(*line[:3]).out
    assert "Holm" not in alone and "luck" not in alone
    twice = cli.here(*line, "--also", "triage@1.0.1")
    assert twice.code == 2 and "name each candidate once" in twice.err
