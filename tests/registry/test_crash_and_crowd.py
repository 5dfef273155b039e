"""Nothing that was acknowledged is lost: to kill -9, or to sixteen writers at once."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.soak.registry_soak import crowd, kill_rounds


@pytest.mark.exhaustive
@pytest.mark.parametrize("kills", [10, 50])
def test_kills_lose_nothing_and_the_chain_holds(kills: int) -> None:
    with TemporaryDirectory() as folder:
        counters = kill_rounds(Path(folder), kills)

    sys.stdout.write(f"{counters.as_dict()}\n")
    assert counters.lost == []
    assert counters.findings == []
    assert counters.acknowledged > kills


@pytest.mark.exhaustive
def test_sixteen_writers_and_eight_readers_lose_nothing(tmp_path: Path) -> None:
    counters = crowd(tmp_path, steps=5, seconds=4.0)

    sys.stdout.write(f"{counters.as_dict()}\n")
    assert counters.lost == []
    assert counters.findings == []
    assert counters.acknowledged == 16 * 5 * 2
