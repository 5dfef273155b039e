"""What decides what a file of the workspace computes, and its hash."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.plugins import install
from workbench.child_process.installed import brought_by
from workbench.child_process.process import CallFailed, ChildProcess
from workbench.child_process.source import MAX_BYTES, MAX_MODULES, read_source
from workbench.errors import CodeError

FILES = {
    "scorers/totals.py": "import json\nimport amounts\nfrom . import rounding\n"
    "from shared.text import strip\ndef score(answer, case):\n    import jinja2\n    return 1.0\n",
    "scorers/amounts.py": "import re\n",
    "scorers/rounding.py": "from .amounts import re\n",
    "scorers/unused.py": "",
    "shared/text.py": "def strip(text): return text.strip()\n",
    "json.py": "raise ValueError('never imported: the standard library has this name')\n",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return tmp_path


def test_a_source_has_the_files_that_it_imports_and_no_others(root: Path) -> None:
    source = read_source(root, "scorers/totals.py")
    assert set(source.modules) == {
        *("scorers.totals", "amounts", "scorers.rounding", "scorers.amounts", "shared.text"),
    }
    assert source.parts.keys() == {
        *("scorers/totals.py", "scorers/amounts.py", "scorers/rounding.py", "shared/text.py"),
        *("package Jinja2", "python"),
    }
    assert source.functions() == {"score"}


@pytest.mark.exhaustive(keep=3)
@pytest.mark.parametrize("name", sorted(FILES))
def test_the_hash_changes_with_each_file_that_is_imported(root: Path, name: str) -> None:
    before = read_source(root, "scorers/totals.py").hash
    (root / name).write_text(FILES[name] + "# one byte\n")
    is_imported = name not in ("json.py", "scorers/unused.py")
    assert (read_source(root, "scorers/totals.py").hash != before) is is_imported


def test_the_hash_is_the_same_however_lines_end_and_wherever_the_workspace_is(
    root: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    for name, text in FILES.items():
        (elsewhere / name).parent.mkdir(exist_ok=True)
        (elsewhere / name).write_bytes(text.replace("\n", "\r\n").encode())
    assert (
        read_source(root, "scorers/totals.py").hash
        == read_source(elsewhere, "scorers/totals.py").hash
    )


@pytest.mark.exhaustive
def test_the_hash_covers_the_installed_files_of_a_distribution(
    root: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    site = tmp_path_factory.mktemp("site")
    info = site / "tiny_words-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: tiny-words\nVersion: 1.0\n")
    (info / "top_level.txt").write_text("tiny_words\n")
    (site / "tiny_words.py").write_text("")
    (root / "scorers/totals.py").write_text("import tiny_words\n")
    read = (
        "import sys; from pathlib import Path; sys.path.append(sys.argv[2])\n"
        "from workbench.child_process.source import read_source\n"
        "print(read_source(Path(sys.argv[1]), 'scorers/totals.py').hash)"
    )
    hashes = set()
    for digest in ("sha256=aaaa", "sha256=aaab"):
        (info / "RECORD").write_text(f"tiny_words.py,{digest},0\n")
        command = [sys.executable, "-c", read, str(root), str(site)]
        hashes.add(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    assert len(hashes) == 2


@pytest.mark.parametrize(
    ("file", "text", "words"),
    [
        ("scorers/none.py", None, "no file scorers/none.py"),
        ("../outside.py", None, "no .py file below the workspace"),
        ("/etc/passwd.py", None, "no .py file below the workspace"),
        ("scorers/x.txt", "", "no .py file below the workspace"),
        ("scorers/my-file.py", "", "cannot be imported by its name"),
        ("scorers/x.py", "def score(:\n", "scorers/x.py line 1: invalid syntax"),
        ("scorers/x.py", "import no_such_package\n", "line 1: no module 'no_such_package'"),
        ("scorers/x.py", "from ... import json\n", "line 1: a relative import leads out"),
        ("scorers/x.py", "\x00", "scorers/x.py: source code string cannot contain null bytes"),
        ("scorers/x.py", "#" * (MAX_BYTES + 1), "at most 1000 KB"),
        ("scorers/x.py", "# coding: nothing\n", "unknown encoding"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_place(
    root: Path, file: str, text: str | None, words: str
) -> None:
    if text is not None:
        (root / file).write_text(text)
    with pytest.raises(CodeError, match=words):
        read_source(root, file)


def test_a_link_out_of_the_workspace_is_refused(
    root: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside") / "x.py"
    outside.write_text("")
    (root / "scorers/linked.py").symlink_to(outside)
    with pytest.raises(CodeError, match="leads out of the workspace"):
        read_source(root, "scorers/linked.py")


def test_no_more_files_are_imported_than_the_limit(root: Path) -> None:
    for number in range(MAX_MODULES + 1):
        (root / f"scorers/m{number}.py").write_text(f"from . import m{number + 1}\n")
    with pytest.raises(CodeError, match="is one of over 200 files"):
        read_source(root, "scorers/m0.py")


def test_files_that_import_each_other_are_read_once(root: Path) -> None:
    (root / "scorers/a.py").write_text("from . import b\n")
    (root / "scorers/b.py").write_text("from . import a\n")
    assert set(read_source(root, "scorers/a.py").modules) == {"scorers.a", "scorers.b"}


def test_a_folder_of_the_workspace_on_the_path_of_imports_is_hashed_and_run_as_hashed(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "src" / "app").mkdir(parents=True)
    (root / "src" / "app" / "cut.py").write_text("N = 1\n")
    (root / "scorers" / "cutting.py").write_text("from app.cut import N\ndef cut(): return N\n")
    monkeypatch.syspath_prepend(str(root / "src"))
    source = read_source(root, "scorers/cutting.py")
    assert {m.path for m in source.modules.values()} == {"scorers/cutting.py", "src/app/cut.py"}
    (root / "src" / "app" / "cut.py").write_text("N = 2\n")
    assert read_source(root, "scorers/cutting.py").text_hash != source.text_hash
    with ChildProcess(source, "cut") as process:
        assert process.call() == 1


def test_a_file_on_the_path_of_imports_that_was_not_hashed_is_not_imported(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "hidden.py").write_text("N = 1\n")
    text = "import importlib\ndef cut(): return importlib.import_module('hidden').N\n"
    (root / "scorers" / "cutting.py").write_text(text)
    monkeypatch.syspath_prepend(str(root))
    source = read_source(root, "scorers/cutting.py")
    with (
        ChildProcess(source, "cut") as process,
        pytest.raises(CallFailed, match="No module named 'hidden'"),
    ):
        process.call()


@pytest.mark.exhaustive
def test_modules_whose_changes_no_record_shows_are_refused(
    root: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    loose, edited = tmp_path_factory.mktemp("loose"), tmp_path_factory.mktemp("edited")
    (loose / "loosely.py").write_text("")
    install(edited, "editedly", {}, {"editedly": ""})
    about = edited / "editedly-1.0.dist-info"
    (about / "RECORD").write_text("editedly.py,sha256=aaaa,0\n")
    (about / "direct_url.json").write_text('{"url": "file:///x", "dir_info": {"editable": true}}')
    monkeypatch.syspath_prepend(str(loose))
    monkeypatch.syspath_prepend(str(edited))
    brought_by.cache_clear()
    for name, words in (
        ("loosely", "of no installed package"),
        ("editedly", "installed as editable"),
    ):
        (root / "scorers" / "using.py").write_text(f"import {name}\n")
        with pytest.raises(CodeError, match=f"using.py line 1: '{name}' is {words}"):
            read_source(root, "scorers/using.py")
    brought_by.cache_clear()
