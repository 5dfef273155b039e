"""Registries damaged in the ways that disks, copies and people damage files, and what a reader
may say then. The tests take few of them, `make soak` many.
"""

from __future__ import annotations

import contextlib
import random
import shutil
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from workbench.errors import RegistryError
from workbench.registry import PromptRegistry, PromptVersion
from workbench.registry.content.signing import SigningKey

PROMPTS = ("p", "q", "pa", "qa")
"""Pairs that one flipped bit makes into each other."""
PLACES = ("production", "staging")
PAGE = 4096
SLOWEST_S = 20.0
"""A read that takes longer hangs, even on a busy machine."""
ASKED = 2
"""How many prompts are asked of one damaged file."""

Key = tuple[str, str]
Answers = dict[Key, str | None]
"""What is live, by prompt_id and environment."""


@dataclass(frozen=True)
class Seed:
    """A registry at two times, and the last good answers of a reader of the earlier time."""

    early: bytes
    early_answers: Answers
    late: bytes
    answers: Answers
    logged: tuple[bytes, bytes]
    """The late one as its file and its write-ahead log."""
    kept: dict[str, bytes]
    """By path below the folder beside the registry."""
    needed: list[int]
    """Numbers, from 0, of the pages that a reader asks for."""


def make_seed(folder: Path, *, rules: bool = True) -> Seed:
    """Several prompts and environments, with rollbacks, retirements, revoked and signed.

    A reader asks neither triggers nor views, the registry's `rules`; without them a file is read
    several times as fast, and damage hits data.
    """
    path = folder / "seed.db"
    key = SigningKey.generate()
    with PromptRegistry(path, create=True, signing_key=key) as registry:
        for number in range(4):
            for prompt_id in PROMPTS:
                text = f"{prompt_id} {number}: " + "words of a prompt " * 40
                registry.register(PromptVersion(prompt_id, f"1.{number}.0", text, author="ana"))
        for version in ("1.0.0", "1.1.0", "1.2.0"):
            for place in PLACES:
                for prompt_id in PROMPTS:
                    _deploy(registry, prompt_id, version, place)
        registry.rollback("p", "production", "ana", reason="worse")
        registry.retire("pa", "staging", "ana", "not needed")
    with PromptRegistry(path) as reader:
        early, early_answers = path.read_bytes(), _answers(reader)
    kept = {
        str(entry.relative_to(f"{path}.live")): entry.read_bytes()
        for entry in Path(f"{path}.live").rglob("*.live")
    }
    with PromptRegistry(path, signing_key=key) as registry:
        _deploy(registry, "q", "1.3.0", "production")
        _deploy(registry, "qa", "1.3.0", "production")
        registry.rollback("pa", "production", "bob", reason="worse")
        registry.retire("qa", "staging", "bob", "not needed")
        registry.revoke("q", "1.2.0", "bob", "leaks names")
        answers = _answers(registry)
        logged = path.read_bytes(), Path(f"{path}-wal").read_bytes()
    if not rules:
        _run_without_rules(path, "VACUUM")
    late = path.read_bytes()
    return Seed(early, early_answers, late, answers, logged, kept, _needed_pages(path))


def _deploy(registry: PromptRegistry, prompt_id: str, version: str, place: str) -> None:
    registry.deploy(prompt_id, version, place, "bob", override=True, reason="a test")


def _answers(registry: PromptRegistry) -> Answers:
    keys = [("nobody", "production"), *((p, place) for p in PROMPTS for place in PLACES)]
    live = {key: registry.get_active(*key) for key in keys}
    return {key: prompt and prompt.version for key, prompt in live.items()}


def _needed_pages(path: Path) -> list[int]:
    names = ("ledger", "versions", "deployments", "revocations", "deployments_head")
    with contextlib.closing(sqlite3.connect(path)) as connection:
        pages = connection.execute(
            "SELECT DISTINCT pageno - 1 FROM dbstat WHERE name IN (?, ?, ?, ?, ?)"
            " OR name LIKE 'sqlite_autoindex_versions_%' ORDER BY 1",
            names,
        )
        return [page for (page,) in pages]


# What is done to the bytes of a file


def _flip(file: bytearray, chance: random.Random, pages: list[int]) -> None:
    place = chance.choice(pages) * PAGE + chance.randrange(PAGE)
    file[place % len(file)] ^= 1 << chance.randrange(8)


def _swap(file: bytearray, chance: random.Random, pages: list[int]) -> None:
    a, b = (chance.choice(pages) * PAGE for _ in "ab")
    file[a : a + PAGE], file[b : b + PAGE] = file[b : b + PAGE], file[a : a + PAGE]


def _zero(file: bytearray, chance: random.Random, pages: list[int]) -> None:
    start = chance.choice(pages) * PAGE
    file[start : start + PAGE] = bytes(PAGE)


def _copy(file: bytearray, chance: random.Random, pages: list[int]) -> None:
    a, b = (chance.choice(pages) * PAGE for _ in "ab")
    file[a : a + PAGE] = file[b : b + PAGE]


def _noise(file: bytearray, chance: random.Random, pages: list[int]) -> None:
    start = chance.choice(pages) * PAGE + chance.randrange(PAGE)
    length = min(chance.randrange(1, 64), len(file) - start)
    file[start : start + length] = chance.randbytes(length)


def _truncate(file: bytearray, chance: random.Random, pages: list[int]) -> None:
    end = chance.choice(pages) * PAGE
    del file[end + chance.choice((0, chance.randrange(PAGE))) :]


BYTES: tuple[Callable[[bytearray, random.Random, list[int]], None], ...] = (
    _flip, _flip, _flip, _flip, _flip, _swap, _zero, _copy, _noise, _truncate
)  # fmt: skip

NEWEST = "(SELECT max(seq) FROM deployments WHERE action <> 'retire')"
STATEMENTS = (
    f"DELETE FROM deployments WHERE seq = {NEWEST}",
    "DELETE FROM deployments WHERE seq = (SELECT max(seq) FROM deployments)",
    "DELETE FROM deployments WHERE seq > (SELECT max(seq) - 20 FROM ledger)",
    f"UPDATE deployments SET version = '1.0.0' WHERE seq = {NEWEST}",
    f"UPDATE deployments SET prompt_id = 'other' WHERE seq = {NEWEST}",
    f"UPDATE deployments SET environment = 'other' WHERE seq = {NEWEST}",
    "UPDATE deployments SET seq = seq + 1000 WHERE version = '1.1.0'",
    "UPDATE deployments SET action = 'retire'",
    "UPDATE deployments SET evaluation = NULL, override = 0, reason = 'tested'",
    "DELETE FROM revocations",
    "DELETE FROM versions WHERE version = '1.3.0'",
    "UPDATE versions SET content = 'evil'",
    "UPDATE versions SET author = 'eve'",
    "DELETE FROM ledger WHERE seq = (SELECT max(seq) FROM ledger)",
    "DELETE FROM ledger",
    "UPDATE ledger SET actor = 'eve' WHERE kind = 'deployment'",
    "UPDATE ledger SET at = '2001-01-01T00:00:00.000000Z'",
    "UPDATE ledger SET kind = 'suite' WHERE kind = 'deployment'",
    "DROP TABLE deployments",
    "DROP INDEX deployments_head",
    "DROP TABLE revocations",
    "DROP TABLE ledger; CREATE VIEW ledger AS WITH RECURSIVE n(seq) AS (SELECT 1 UNION ALL"
    " SELECT seq + 1 FROM n) SELECT seq, 'deployment' AS kind, '' AS at, '' AS actor,"
    " '' AS digest, '' AS previous, '' AS hash FROM n",
    "DROP TABLE deployments; CREATE VIEW deployments AS WITH RECURSIVE n(seq) AS (SELECT 1"
    " UNION ALL SELECT seq + 1 FROM n) SELECT seq, 'p' AS prompt_id, 'none' AS environment,"
    " 'deploy' AS action, '1.0.0' AS version FROM n",
    "CREATE VIEW pragma_user_version AS WITH RECURSIVE n(user_version) AS (SELECT 1 UNION ALL"
    " SELECT 1 FROM n) SELECT count(*) AS user_version FROM n",
)
"""What somebody does who takes the triggers away first."""


def altered(file: bytes, folder: Path, statements: str) -> bytes:
    """The file after the statements, which no trigger refused."""
    path = folder / "altered.db"
    path.write_bytes(file)
    _run_without_rules(path, statements)
    return path.read_bytes()


def _run_without_rules(path: Path, statements: str) -> None:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA foreign_keys=OFF")
        rules = connection.execute(
            "SELECT type, name FROM sqlite_master WHERE type IN ('trigger', 'view')"
        )
        for kind, name in rules.fetchall():
            connection.execute(f'DROP {kind} "{name}"')
        connection.commit()
        connection.executescript(f"PRAGMA ignore_check_constraints=ON; {statements};")


# What a reader says


class Trial:
    """Damaged files, one after the other, and readers of three kinds: fresh, restarted with what
    was kept at the early time, and running since before the damage.
    """

    def __init__(self, seed: Seed, folder: Path) -> None:
        self.seed = seed
        self.path = folder / "trial" / "registry.db"
        self.path.parent.mkdir()
        self.outcomes: Counter[str] = Counter()

    def put(self, file: bytes, log: bytes = b"") -> None:
        """In the place of what was there, as a copy of files does it."""
        fresh = self.path.with_suffix(".new")
        for suffix in ("-wal", "-shm", "-journal"):
            Path(f"{self.path}{suffix}").unlink(missing_ok=True)
        fresh.write_bytes(file)
        fresh.replace(self.path)
        if log:
            Path(f"{self.path}-wal").write_bytes(log)

    def fresh(self, keys: list[Key]) -> None:
        """Only what is live now, or our own error."""
        self._forget()
        with PromptRegistry(self.path) as registry:
            for key in keys:
                self._ask(registry, key, {"registry": self.seed.answers}, may_fail=True)
            assert registry.get_active(*keys[0], default="spare") is not None

    def restarted(self, keys: list[Key]) -> None:
        """What is live now, or what was live when the last process saw it, marked so."""
        self._forget()
        for name, text in self.seed.kept.items():
            entry = Path(f"{self.path}.live") / name
            entry.parent.mkdir(parents=True, exist_ok=True)
            entry.write_bytes(text)
        with PromptRegistry(self.path) as registry:
            for key in keys:
                allowed = {
                    "registry": self.seed.answers,
                    "snapshot": self.seed.early_answers,
                }
                self._ask(registry, key, allowed, may_fail=key[0] == "nobody")

    def running(self, keys: list[Key], damage: Callable[[], None]) -> None:
        """What is live now, whatever happens."""
        self._forget()
        self.put(self.seed.late)
        with PromptRegistry(self.path) as registry:
            for key in keys:
                registry.get_active(*key)
            damage()
            registry._reader._file.next_stat = 0.0  # a fiftieth of a second later
            for key in keys:
                allowed = {"registry": self.seed.answers, "memory": self.seed.answers}
                self._ask(registry, key, allowed, may_fail=False)

    def with_log(self, keys: list[Key], log: bytes) -> None:
        """A reader that saw all of a log finds it damaged: SQLite takes the part before the damage
        for all there is, as after a crash, and that is an older registry.
        """
        self._forget()
        self.put(*self.seed.logged)
        with PromptRegistry(self.path) as registry:
            for key in keys:
                registry.get_active(*key)
        self.put(self.seed.logged[0], log)
        with PromptRegistry(self.path) as registry:
            for key in keys:
                allowed = {"registry": self.seed.answers, "snapshot": self.seed.answers}
                self._ask(registry, key, allowed, may_fail=key[0] == "nobody")

    def _forget(self) -> None:
        shutil.rmtree(f"{self.path}.live", ignore_errors=True)

    def _ask(
        self, registry: PromptRegistry, key: Key, allowed: dict[str, Answers], may_fail: bool
    ) -> None:
        started = time.monotonic()
        try:
            prompt = registry.get_active(*key)
        except RegistryError as error:
            assert may_fail, (key, error)
            assert "\n" not in str(error)
            self.outcomes["error"] += 1
        else:
            by_registry = registry.last_error is None
            if prompt is None:
                answers = [allowed[name] for name in allowed if (name == "registry") == by_registry]
                assert [answer[key] for answer in answers] == [None], (key, registry.last_error)
            else:
                assert prompt.version == allowed[prompt.source][key], (key, prompt)
                assert (prompt.source == "registry") == by_registry
                assert prompt.content.startswith(f"{key[0]} {prompt.version[2]}: ")
            self.outcomes[prompt.source if prompt else "nothing"] += 1
        assert time.monotonic() - started < SLOWEST_S, f"{key} took too long"


def damaged_bytes(seed: Seed, chance: random.Random) -> bytes:
    """The late file after one damage to it, half of the time to pages that a reader needs."""
    file = bytearray(seed.late)
    everywhere = list(range(len(file) // PAGE))
    chance.choice(BYTES)(file, chance, chance.choice((everywhere, seed.needed)))
    return bytes(file)


def read_damaged_logs(trial: Trial, numbers: Iterable[int]) -> None:
    """The same with damage to the write-ahead log."""
    for number in numbers:
        chance = random.Random(number)
        log = bytearray(trial.seed.logged[1])
        chance.choice(BYTES)(log, chance, list(range(len(log) // PAGE)))
        keys = chance.sample(sorted(trial.seed.answers), ASKED)
        with _noted(number):
            trial.with_log(keys, bytes(log))


@contextlib.contextmanager
def _noted(number: int) -> Iterator[None]:
    try:
        yield
    except BaseException as error:
        error.add_note(f"damaged file {number}")
        raise


def read_damaged(trial: Trial, numbers: Iterable[int]) -> None:
    """One file damaged at random for each number, read by one kind of reader."""
    for number in numbers:
        chance = random.Random(number)
        file = damaged_bytes(trial.seed, chance)
        keys = chance.sample(sorted(trial.seed.answers), ASKED)
        with _noted(number):
            if number % 3 == 0:
                trial.running(keys, lambda file=file: trial.put(file))
            else:
                trial.put(file)
                (trial.fresh if number % 3 == 1 else trial.restarted)(keys)
