"""Files tracked by the real dvc."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.datasets.test_sources import ROWS, Folder, jsonl
from workbench.datasets.sources.history import earlier_contents
from workbench.errors import DatasetError

pytestmark = pytest.mark.filterwarnings("ignore")

pytest.importorskip("dvc")
DVC = (sys.executable, "-m", "dvc")


def dvc(folder: Folder, *arguments: str) -> None:
    subprocess.run([*DVC, *arguments], cwd=folder.root, check=True, capture_output=True)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = Folder(tmp_path / "workspace")
    made.git("init", "-q")
    dvc(made, "init", "-q")
    dvc(made, "config", "core.analytics", "false")
    return made


SPEC = {"path": "cases.jsonl", "source": "dvc"}


def test_a_tracked_file_is_read_from_the_folder_and_from_the_cache(folder: Folder) -> None:
    path = folder.write("cases.jsonl", jsonl(ROWS))
    dvc(folder, "add", "-q", str(path))
    commit = folder.commit()
    first = folder.read(SPEC)
    assert first.version.startswith("dvc ")
    path.unlink()
    assert folder.read(SPEC).fingerprint == first.fingerprint

    folder.write("cases.jsonl", jsonl(ROWS[:4]))
    with pytest.raises(DatasetError, match="dvc add keeps the file as a new version"):
        folder.read(SPEC)
    dvc(folder, "add", "-q", str(path))
    folder.commit()
    assert len(folder.read(SPEC).cases) == 4
    assert folder.read({**SPEC, "version": commit}).fingerprint == first.fingerprint
    contents = [data for _, data in earlier_contents(path)]
    assert jsonl(ROWS).encode() in contents


def test_a_file_in_a_tracked_folder_and_an_out_of_a_stage_are_read(folder: Folder) -> None:
    folder.write("data/a.jsonl", jsonl(ROWS))
    dvc(folder, "add", "-q", str(folder.suite / "data"))
    assert len(folder.read({"path": "data/a.jsonl", "source": "dvc"}).cases) == len(ROWS)
    folder.write("made.py", 'open(\'made.jsonl\', \'w\').write(\'{"id": "a", "t": "one"}\\n\')')
    stage = ["stage", "add", "-q", "-n", "make", "-o", "made.jsonl", f"{sys.executable} made.py"]
    subprocess.run([*DVC, *stage], cwd=folder.suite, check=True)
    subprocess.run([*DVC, "repro", "-q"], cwd=folder.suite, check=True)
    (folder.suite / "made.jsonl").unlink()
    assert folder.read({"path": "made.jsonl", "source": "dvc"}).cases[0].id == "a"


def test_a_cached_object_with_another_content_is_refused(folder: Folder) -> None:
    path = folder.write("cases.jsonl", jsonl(ROWS))
    dvc(folder, "add", "-q", str(path))
    path.unlink()
    (cached,) = (p for p in (folder.root / ".dvc/cache/files").rglob("*") if p.is_file())
    cached.chmod(0o644)
    cached.write_text(jsonl(ROWS[:2]))
    with pytest.raises(DatasetError, match="is not the content that its name says"):
        folder.read(SPEC)
