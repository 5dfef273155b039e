"""Sources of cases that carry a version, and what a suite takes of them."""

from __future__ import annotations

import hashlib
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.examples import examples
from workbench.datasets.sources.history import earlier_contents
from workbench.datasets.sources.mapping import sampled, split_of
from workbench.datasets.sources.reading import moved_on
from workbench.datasets.sources.spec import DatasetSpec, Sample
from workbench.datasets.values import Case, Dataset
from workbench.errors import DatasetError, SuiteError, WorkbenchError
from workbench.fingerprints import fingerprint, fingerprint_of_list
from workbench.runs.spec.suite_file import read_suite
from workbench.runs.spec.suite_head import read_suite_head

ROWS = [
    {"id": f"r{n}", "text": f"ticket {n}", "label": "bug" if n % 2 else "sales", "thread": n // 2}
    for n in range(10)
]


class Folder:
    """A workspace with one suite, in git when asked."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.suite = root / "evals" / "triage"
        self.suite.mkdir(parents=True)
        (root / "workbench.toml").write_text("")

    def write(self, name: str, text: str | bytes) -> Path:
        path = self.suite / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    def read(self, dataset: Any) -> Dataset:
        """The dataset of a suite that declares this; JSON is YAML."""
        text = f"suite: triage\nprompt: triage\ndataset: {json.dumps(dataset)}\n"
        return read_suite(self.write("suite.yaml", text + "scorers: [exact_match]\n")).dataset

    def git(self, *arguments: str) -> str:
        who = ["-c", "user.name=ana", "-c", "user.email=a@b.example", "-c", "commit.gpgsign=false"]
        done = subprocess.run(
            ["git", *who, *arguments], cwd=self.root, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    def commit(self) -> str:
        if not (self.root / ".git").exists():
            self.git("init", "-q")
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "a change", "--allow-empty")
        return self.git("rev-parse", "HEAD")


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "workspace")


def jsonl(rows: list[dict[str, Any]]) -> str:
    return "".join(f"{json.dumps(row)}\n" for row in rows)


def md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


# Columns, filters, splits, samples


def test_columns_name_the_inputs_and_the_others_are_left_out(folder: Folder) -> None:
    folder.write("cases.jsonl", jsonl(ROWS))
    columns = {"ticket": "text", "expected": "label"}
    dataset = folder.read({"path": "cases.jsonl", "columns": columns, "group": "thread"})
    assert dataset.cases[3] == Case("r3", {"ticket": "ticket 3"}, "bug", group="1")
    assert dataset.notes == ()


def test_a_mapping_with_a_path_alone_reads_as_the_plain_path(folder: Folder) -> None:
    folder.write("cases.jsonl", jsonl(ROWS))
    mapped, plain = folder.read({"path": "cases.jsonl"}), folder.read("cases.jsonl")
    assert mapped.fingerprint == plain.fingerprint


def test_columns_of_fields_alone_leave_the_other_columns_inputs(folder: Folder) -> None:
    folder.write("cases.csv", "text,label,n\none,bug,1\n")
    dataset = folder.read({"path": "cases.csv", "columns": {"expected": "label"}})
    assert dataset.cases[0].inputs == {"text": "one", "n": "1"}
    assert dataset.cases[0].expected == "bug"


def test_columns_reach_into_rows_with_inputs(folder: Folder) -> None:
    folder.write("cases.jsonl", '{"id": "a", "inputs": {"text": "one"}, "gold": "x"}\n')
    columns = {"ticket": "text", "expected": "gold"}
    dataset = folder.read({"path": "cases.jsonl", "columns": columns})
    assert dataset.cases == (Case("a", {"ticket": "one"}, "x"),)


def test_a_filter_takes_cases_by_tag_and_by_input(folder: Folder) -> None:
    rows = [
        {"id": str(n), "inputs": {"t": f"t{n}", "lang": "de" if n < 4 else "en"},
         "tags": ["vip"] if n % 2 else ["vip", "new"] if n == 2 else []}
        for n in range(6)
    ]  # fmt: skip
    folder.write("cases.jsonl", jsonl(rows))
    by_tag = folder.read({"path": "cases.jsonl", "where": {"tags": "vip"}})
    assert [case.id for case in by_tag.cases] == ["1", "2", "3", "5"]
    assert by_tag.notes == ("where takes 4 of 6 cases",)
    both = folder.read({"path": "cases.jsonl", "where": {"tags": ["vip"], "lang": ["de", "fr"]}})
    assert [case.id for case in both.cases] == ["1", "2", "3"]
    with pytest.raises(DatasetError, match=r"no case has tags vpi \(did you mean 'vip'"):
        folder.read({"path": "cases.jsonl", "where": {"tags": "vpi"}})


def test_a_hash_splits_so_that_no_group_is_divided_and_rows_keep_a_split_of_their_own(
    folder: Folder,
) -> None:
    rows = [{**row, "split": "dev"} if row["id"] == "r0" else row for row in ROWS * 1]
    folder.write("cases.jsonl", jsonl(rows))
    split = {"gate": "50 %", "dev": 0.5, "by": "hash"}
    dataset = folder.read({"path": "cases.jsonl", "group": "thread", "split": split})
    splits = {case.id: case.split for case in dataset.cases}
    assert splits["r0"] == "dev"
    assert all(splits[f"r{n}"] == splits[f"r{n + 1}"] for n in (2, 4, 6, 8))
    assert {*splits.values()} == {"gate", "dev"}


@settings(max_examples=examples(30))
@given(st.lists(st.text(max_size=5), unique=True, min_size=1, max_size=10), st.text(max_size=5))
def test_a_new_case_never_moves_an_old_one(texts: list[str], new: str) -> None:
    shares = {"gate": 0.3, "dev": 0.7}
    before = [Case(f"{at}", {"t": text}) for at, text in enumerate(texts)]
    after = [Case("new", {"t": new}), *(Case(f"x{c.id}", c.inputs, "other") for c in before)]
    old = {c.inputs["t"]: split_of(c, shares) for c in before}
    assert all(split_of(c, shares) == old[c.inputs["t"]] for c in after if c.inputs["t"] in old)


@pytest.mark.exhaustive
def test_shares_are_kept_over_many_cases() -> None:
    cases = [Case(str(n), {"t": n}) for n in range(4000)]
    gate = sum(split_of(case, {"gate": 0.25, "dev": 0.75}) == "gate" for case in cases)
    assert abs(gate - 1000) < 4 * (4000 * 0.25 * 0.75) ** 0.5


def test_a_sample_keeps_the_order_and_a_new_case_takes_the_place_of_one_at_most() -> None:
    cases = tuple(Case(str(n), {"t": n}) for n in range(100))
    first = sampled(cases, Sample(20, 1))
    assert [int(case.id) for case in first] == sorted(int(case.id) for case in first)
    assert len(first) == 20 and first != sampled(cases, Sample(20, 2))
    for at in range(100, 140):
        more = sampled((*cases, Case(str(at), {"t": at})), Sample(20, 1))
        assert len({c.id for c in first} - {c.id for c in more}) <= 1
    assert sampled(cases, Sample(500, 1)) == cases


@pytest.mark.parametrize(
    ("dataset", "message"),
    [
        ({}, "dataset is missing"),
        ({"path": 5}, "path must be a text"),
        ({"source": "git"}, "path is missing"),
        ({"path": "cases.jsonl", "colums": {}}, "did you mean 'columns'"),
        ({"path": "cases.jsonl", "source": "gti"}, "did you mean 'git'"),
        ({"path": "cases.jsonl", "version": "HEAD"}, "version is for the source git or dvc"),
        (
            {"path": "cases.jsonl", "columns": {"t": ""}},
            "columns.t must be a text that is not",
        ),
        ({"path": "cases.jsonl", "columns": {"t": "txt"}}, "line 1: no column 'txt'.*'text'"),
        ({"path": "cases.jsonl", "group": "thred"}, "no column 'thred', which is to be group"),
        ({"path": "cases.jsonl", "split": {"gate": "50 %", "dev": "40 %"}}, "do not make 100 %"),
        ({"path": "cases.jsonl", "split": {"gate": "50 %", "dev": "x"}}, "do not make 100 %"),
        ({"path": "cases.jsonl", "split": {"gate": 1, "by": "row"}}, "cannot be made by 'row'"),
        ({"path": "cases.jsonl", "split": {"gate": "tset"}}, "no split 'tset'"),
        ({"path": "cases.jsonl", "sample": {"n": 0}}, "n must be a whole number from 1"),
        ({"path": "cases.jsonl", "sample": {"n": 5, "seed": "x"}}, "seed must be"),
        ({"path": "cases.jsonl", "where": {"tags": {"a": 1}}}, "has no value for"),
        ({"path": "../../../etc/passwd", "group": "x"}, "lies outside"),
        ("../../cases.jsonl", "lies outside"),
        (["cases.jsonl"], "a path is needed"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_place(
    folder: Folder, dataset: Any, message: str
) -> None:
    folder.write("cases.jsonl", jsonl(ROWS))
    with pytest.raises(WorkbenchError, match=message):
        folder.read(dataset)


def test_a_version_that_yaml_reads_as_a_number_is_refused(folder: Folder) -> None:
    path = folder.write(
        "suite.yaml", "suite: s\nprompt: p\ndataset: {path: c.jsonl, source: git, version: 0123456}"
    )
    with pytest.raises(SuiteError, match="must be a text"):
        read_suite_head(path)


# Git


def test_a_file_in_git_is_read_as_of_a_commit_whatever_lies_there_now(folder: Folder) -> None:
    path = folder.write("cases.jsonl", jsonl(ROWS))
    before = folder.read("cases.jsonl").fingerprint
    commit = folder.commit()
    folder.git("tag", "v1")
    path.write_text(jsonl(ROWS[:2]))
    folder.commit()
    path.unlink()
    for version in (commit, commit[:10], "v1", "HEAD~1"):
        dataset = folder.read({"path": "cases.jsonl", "source": "git", "version": version})
        assert dataset.fingerprint == before
        assert dataset.source == f"{path} (git {commit[:12]})"
        assert dataset.version == f"git {commit}"
    head = folder.read({"path": "cases.jsonl", "source": "git"})
    assert len(head.cases) == 2


@pytest.mark.exhaustive
def test_a_source_that_has_moved_on_since_the_named_version_is_told(folder: Folder) -> None:
    path = folder.write("cases.jsonl", jsonl(ROWS))
    commit = folder.commit()
    spec = DatasetSpec("cases.jsonl", "git", commit)
    suite = folder.suite / "suite.yaml"
    assert moved_on(spec, suite) == ""
    folder.commit()
    assert moved_on(spec, suite) == ""
    path.write_text(jsonl(ROWS[:2]))
    assert moved_on(spec, suite) == ""
    assert moved_on(DatasetSpec("cases.jsonl"), suite) == ""
    now = folder.commit()
    assert moved_on(spec, suite) == f"git {now}"


@pytest.mark.parametrize(
    ("version", "message"),
    [
        ("v9", "git has no revision 'v9'"),
        ("--output=/tmp/x", "is no revision"),
        ("HEAD", "other.jsonl is not in git at HEAD"),
    ],
)
def test_what_git_does_not_have_is_said(folder: Folder, version: str, message: str) -> None:
    folder.write("cases.jsonl", jsonl(ROWS))
    folder.commit()
    name = "other.jsonl" if version == "HEAD" else "cases.jsonl"
    with pytest.raises(DatasetError, match=message):
        folder.read({"path": name, "source": "git", "version": version})


def test_outside_a_repository_git_is_not_asked_twice(folder: Folder) -> None:
    path = folder.write("cases.jsonl", jsonl(ROWS))
    with pytest.raises(DatasetError, match=r"not a git repository|filesystem boundary"):
        folder.read({"path": "cases.jsonl", "source": "git"})
    assert list(earlier_contents(path)) == []


def test_a_pointer_of_git_lfs_is_no_dataset(folder: Folder) -> None:
    folder.write("cases.jsonl", "version https://git-lfs.github.com/spec/v1\noid sha256:00\n")
    folder.commit()
    with pytest.raises(DatasetError, match="is a pointer of Git LFS"):
        folder.read({"path": "cases.jsonl", "source": "git"})


def test_no_program_that_a_repository_names_is_run(folder: Folder, tmp_path: Path) -> None:
    folder.write("cases.jsonl", jsonl(ROWS))
    folder.commit()
    ran = tmp_path / "ran"
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {ran}\nexit 1\n")
    program.chmod(0o755)
    for key in ("core.fsmonitor", "core.pager", "diff.x.textconv", "gpg.program",
                "core.sshCommand", "filter.x.smudge", "core.hooksPath"):  # fmt: skip
        folder.git("config", key, str(program))
    folder.git("config", "log.showSignature", "true")
    folder.git("config", "extensions.partialClone", "origin")
    folder.git("config", "remote.origin.promisor", "true")
    folder.git("config", "remote.origin.url", f"ext::{program}")
    folder.write(".gitattributes", "*.jsonl diff=x filter=x\n")
    assert len(folder.read({"path": "cases.jsonl", "source": "git"}).cases) == len(ROWS)
    blob = folder.git("rev-parse", "HEAD:evals/triage/cases.jsonl")
    loose = folder.root / ".git" / "objects" / blob[:2] / blob[2:]
    loose.chmod(0o644)
    loose.unlink()
    with pytest.raises(DatasetError):
        folder.read({"path": "cases.jsonl", "source": "git"})
    assert not ran.exists()


def test_each_content_in_a_files_history_is_found_once(folder: Folder) -> None:
    path = folder.write("cases.jsonl", jsonl(ROWS))
    first = folder.commit()
    path.write_text(jsonl(ROWS[:3]))
    folder.commit()
    path.write_text(jsonl(ROWS))
    folder.commit()
    earlier = list(earlier_contents(path))
    assert [data for _, data in earlier] == [jsonl(ROWS).encode(), jsonl(ROWS[:3]).encode()]
    assert first[:12] not in earlier[0][0]


# DVC


def track(folder: Folder, path: Path, *, cache: str = "files/md5", **more: Any) -> str:
    """What `dvc add` writes: a .dvc file, and the content in the cache."""
    data = path.read_bytes()
    digest = md5(data)
    place = folder.root / ".dvc" / "cache" / cache / digest[:2] / digest[2:]
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(data)
    (folder.root / ".dvc" / "config").write_text("")
    out = {"md5": digest, "size": len(data), "path": path.name, **more}
    path.with_name(f"{path.name}.dvc").write_text(f"outs:\n- {json.dumps(out)}\n")
    return digest


def test_a_tracked_file_is_read_from_the_folder_or_from_the_cache(folder: Folder) -> None:
    path = folder.write("cases.jsonl", jsonl(ROWS))
    plain = folder.read("cases.jsonl").fingerprint
    digest = track(folder, path, hash="md5")
    spec = {"path": "cases.jsonl", "source": "dvc"}
    assert folder.read(spec).fingerprint == plain
    path.unlink()
    dataset = folder.read(spec)
    assert (dataset.fingerprint, dataset.source) == (plain, f"{path} (dvc {digest[:12]})")


def test_the_layout_of_dvc_2_and_its_digest_of_text_are_read_too(folder: Folder) -> None:
    unix = jsonl(ROWS).encode()
    path = folder.write("cases.jsonl", unix)
    track(folder, path, cache="")
    path.write_bytes(unix.replace(b"\n", b"\r\n"))
    spec = {"path": "cases.jsonl", "source": "dvc"}
    assert len(folder.read(spec).cases) == len(ROWS)
    path.unlink()
    assert len(folder.read(spec).cases) == len(ROWS)


def test_another_content_is_an_error_and_never_another_dataset(folder: Folder) -> None:
    path = folder.write("cases.jsonl", jsonl(ROWS))
    digest = track(folder, path, hash="md5")
    spec = {"path": "cases.jsonl", "source": "dvc"}
    path.write_text(jsonl(ROWS[:5]))
    with pytest.raises(DatasetError, match=r"is not the content that cases\.jsonl\.dvc names"):
        folder.read(spec)
    path.unlink()
    cached = folder.root / ".dvc/cache/files/md5" / digest[:2] / digest[2:]
    cached.write_text(jsonl(ROWS[:5]))
    with pytest.raises(DatasetError, match="is not the content that its name says"):
        folder.read(spec)
    cached.unlink()
    with pytest.raises(DatasetError, match=r"is not in DVC's cache .*\(dvc fetch\)"):
        folder.read(spec)
    path.with_name("cases.jsonl.dvc").unlink()
    with pytest.raises(DatasetError, match=r"tracked by no \.dvc file"):
        folder.read(spec)


def test_a_lock_file_and_a_tracked_folder_name_files_too(folder: Folder) -> None:
    path = folder.write("data/cases.jsonl", jsonl(ROWS))
    digest = track(folder, path, hash="md5")
    path.with_name("cases.jsonl.dvc").unlink()
    lock = {"schema": "2.0", "stages": {"make": {"cmd": "make", "outs": [
        {"path": "evals/triage/data/cases.jsonl", "hash": "md5", "md5": digest}]}}}  # fmt: skip
    (folder.root / "dvc.lock").write_text(json.dumps(lock))
    spec = {"path": "data/cases.jsonl", "source": "dvc"}
    assert len(folder.read(spec).cases) == len(ROWS)
    (folder.root / "dvc.lock").unlink()
    listed = json.dumps([{"md5": digest, "relpath": "cases.jsonl"}]).encode()
    place = folder.root / ".dvc/cache/files/md5" / md5(listed)[:2] / f"{md5(listed)[2:]}.dir"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(listed)
    out = {"md5": f"{md5(listed)}.dir", "hash": "md5", "path": "data"}
    folder.write("data.dvc", f"outs:\n- {json.dumps(out)}\n")
    path.unlink()
    assert len(folder.read(spec).cases) == len(ROWS)


def test_a_cache_elsewhere_and_a_version_in_git_are_followed(folder: Folder) -> None:
    path = folder.write("cases.jsonl", jsonl(ROWS))
    track(folder, path, hash="md5")
    folder.write("../../.gitignore", "cases.jsonl\n.dvc/cache\n")
    folder.commit()
    path.write_text(jsonl(ROWS[:4]))
    track(folder, path, hash="md5")
    (folder.root / ".dvc" / "cache").rename(folder.root / "shared")
    (folder.root / ".dvc" / "config").write_text(
        "[core]\n    x = 1\n[cache]\n    dir = ../shared\n"
    )
    old = folder.read({"path": "cases.jsonl", "source": "dvc", "version": "HEAD"})
    assert (len(old.cases), len(folder.read({"path": "cases.jsonl", "source": "dvc"}).cases)) == (
        10,
        4,
    )
    contents = [data for _, data in earlier_contents(path)]
    assert contents == [jsonl(ROWS[:4]).encode(), jsonl(ROWS).encode()]


# Hugging Face


def test_splits_of_a_folder_come_from_the_names_of_its_files(folder: Folder) -> None:
    folder.write("hub/data/train-00000-of-00002.jsonl", jsonl(ROWS[:2]))
    folder.write("hub/data/train-00001-of-00002.jsonl", jsonl(ROWS[2:4]))
    folder.write("hub/data/test.csv", "id,text,label\nt1,one,bug\n")
    folder.write("hub/validation/part.jsonl", jsonl(ROWS[4:5]))
    folder.write("hub/.cache/train.jsonl", "not read")
    folder.write("hub/README.md", "---\nlicense: mit\n---\n# A dataset\n")
    spec = {
        "path": "hub",
        "source": "huggingface",
        "columns": {"ticket": "text", "expected": "label"},
        "split": {"gate": "test", "dev": "train"},
    }
    dataset = folder.read(spec)
    assert [(case.id, case.split) for case in dataset.cases] == [
        ("r0", "dev"), ("r1", "dev"), ("r2", "dev"), ("r3", "dev"),
        ("r4", "validation"), ("t1", "gate"),
    ]  # fmt: skip
    assert dataset.place_of(dataset.cases[-1]).endswith("hub: data/test.csv: line 2")


def test_a_card_names_configurations_and_their_files(folder: Folder) -> None:
    folder.write("hub/en/a.jsonl", jsonl(ROWS[:2]))
    folder.write("hub/en/b.jsonl", jsonl(ROWS[2:3]))
    folder.write("hub/de.jsonl", jsonl(ROWS[3:7]))
    folder.write(
        "hub/README.md",
        "---\nconfigs:\n- config_name: en\n  data_files:\n  - split: train\n    path: en/a.jsonl\n"
        "  - {split: test, path: [en/b*.jsonl]}\n- config_name: de\n  data_files: de.jsonl\n---\n",
    )
    spec = {"path": "hub", "source": "huggingface", "config": "en"}
    assert [case.split for case in folder.read(spec).cases] == ["train", "train", "test"]
    assert len(folder.read({**spec, "config": "de"}).cases) == 4
    with pytest.raises(DatasetError, match="several configurations"):
        folder.read({"path": "hub", "source": "huggingface"})
    with pytest.raises(DatasetError, match="no configuration 'fr'"):
        folder.read({**spec, "config": "fr"})


def test_what_a_folder_cannot_give_is_said(folder: Folder, tmp_path: Path) -> None:
    folder.write("hub/train.arrow", b"PAR1")
    spec = {"path": "hub", "source": "huggingface"}
    with pytest.raises(DatasetError, match=r"\.arrow is not read from folders"):
        folder.read(spec)
    (folder.suite / "hub" / "train.arrow").unlink()
    secret = tmp_path / "train.jsonl"
    secret.write_text(jsonl(ROWS))
    (folder.suite / "hub" / "train.jsonl").symlink_to(secret)
    with pytest.raises(DatasetError, match="has no data files"):
        folder.read(spec)


# A schema beside the cases


FLAT = {
    "type": "object",
    "required": ["text", "expected"],
    "properties": {"expected": {"enum": ["bug", "sales"]}, "n": {"type": "integer"}},
}


@pytest.mark.parametrize(
    ("schema", "name", "text", "message"),
    [
        (FLAT, "cases.csv", "text,expected,n\na,bug,1\nb,bug,two\n", r"line 3.*\$\.n is 'two'"),
        (FLAT, "cases.csv", "text,expected,n\na,bug,1\nb,bgu,2\n", r"line 3.*\$\.expected"),
        (FLAT, "cases.jsonl", '{"id": "x", "inputs": {"t": 1}}\n', r"line 1: case 'x'.*'text' is"),
        (
            {"properties": {"inputs": {"properties": {"n": {"maximum": 3}}}}},
            "cases.jsonl",
            '{"inputs": {"n": 3}}\n\n{"inputs": {"n": 4.0}}\n',
            r"line 3.*\$\.inputs\.n",
        ),
        ({"type": 5}, "cases.csv", "text\na\n", "schema.json: this is no JSON Schema"),
        ({"$ref": "http://127.0.0.1:9/x"}, "cases.csv", "text\na\n", "its own parts only"),
        ([], "cases.csv", "text\na\n", "an object is needed"),
    ],
)  # fmt: skip
def test_cases_that_break_the_schema_beside_them_are_refused_with_their_place(
    folder: Folder, schema: Any, name: str, text: str, message: str
) -> None:
    folder.write("schema.json", json.dumps(schema))
    folder.write(name, text)
    with pytest.raises(DatasetError, match=message):
        folder.read(name)


def test_cases_that_follow_the_schema_read_as_without_it(folder: Folder) -> None:
    folder.write("cases.csv", "text,expected,n\na,bug,1\nb,sales,2\n")
    before = folder.read("cases.csv")
    folder.write("schema.json", json.dumps(FLAT))
    assert folder.read("cases.csv").fingerprint == before.fingerprint


@given(st.lists(st.dictionaries(st.text(), st.text() | st.integers() | st.lists(st.text()))))
def test_a_list_has_one_fingerprint_however_much_of_it_is_held(values: list[Any]) -> None:
    assert fingerprint_of_list(iter(values)) == fingerprint(values)
