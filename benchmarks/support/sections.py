"""The tables of simulated error rates: which truths, which numbers of cases, which rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from simulation import BETTER, PASSES, WORSE
from trials import ALL, ANYTIME, FORMER, FORMER_LOOKS, LOOKS, MARGIN, Trial
from worlds import Flips, Graded, Groups, Repeats, UnevenGroups, World

USED = "cases used"
_BOTH = ((ALL, ""), (LOOKS, " (looks)"))


@dataclass(frozen=True)
class Cell:
    """One figure: how often a trial makes a claim, or the share of the cases that it took."""

    trial: Trial
    claim: str


@dataclass(frozen=True)
class Section:
    """One table. A row is its labels and its cells; None leaves a cell empty."""

    name: str
    labels: tuple[str, ...]
    columns: tuple[str, ...]
    rows: tuple[tuple[tuple[str, ...], tuple[Cell | None, ...]], ...]

    def cells(self) -> Iterator[Cell]:
        """All figures that the table needs."""
        return (cell for _, row in self.rows for cell in row if cell)


def sections(*, quick: bool) -> tuple[Section, ...]:
    """All tables; `quick` leaves out what takes long."""
    return (
        _binary_promise(quick),
        _binary_power(quick),
        _graded_promise(quick),
        _former(quick),
        _graded_power(quick),
        _groups(quick),
        _others(quick),
        _bets(quick),
        _bets_power(quick),
    )


def _false(world: World, n: int, rule: str, claim: str, confidence: float = 0.95) -> Cell:
    """A claim that is false in this world."""
    claims = (BETTER, WORSE) if claim in (BETTER, WORSE) else (PASSES,)
    return Cell(Trial(world, n, rule, claims, True, confidence), claim)


def _right(world: World, n: int, rule: str, claim: str) -> Cell:
    return Cell(Trial(world, n, rule, (PASSES,) if claim != BETTER else (BETTER,)), claim)


def _binary_promise(quick: bool) -> Section:
    rows = []
    for n in (30, 72, 100) if quick else (30, 72, 100, 300, 1000):
        for rate in (0.06, 0.12, 0.30):
            equal, worse = Flips(rate, 0.0), Flips(rate, -MARGIN)
            cells = [
                _false(world, n, rule, claim) if rule == ALL or n >= 100 else None
                for world, claim in ((equal, BETTER), (equal, WORSE), (worse, PASSES))
                for rule, _ in _BOTH
            ]
            rows.append(((f"{n:,}", f"{100 * rate:.0f} %"), tuple(cells)))
    columns = tuple(
        f"{what}{how}"
        for what in ("equal: better", "equal: worse", "at the margin: not worse")
        for _, how in _BOTH
    )
    return Section("Passes and failures: false claims", ("cases", "flips"), columns, tuple(rows))


def _binary_power(quick: bool) -> Section:
    rows = []
    for n in (100,) if quick else (72, 100, 300, 1000):
        for rate in (0.06, 0.12, 0.30):
            equal, ahead = Flips(rate, 0.0), Flips(rate, 0.03)
            rules = (ALL, LOOKS) if n >= 100 else (ALL,)
            cells = [
                *(_right(equal, n, rule, PASSES) for rule in rules),
                *([None] if len(rules) == 1 else []),
                _right(ahead, n, ALL, PASSES),
                _right(ahead, n, ALL, BETTER),
                Cell(_right(equal, n, LOOKS, PASSES).trial, USED) if n >= 100 else None,
            ]
            rows.append(((f"{n:,}", f"{100 * rate:.0f} %"), tuple(cells)))
    columns = (
        "equal: not worse",
        "equal: not worse (looks)",
        "+3 points: not worse",
        "+3 points: better",
        "equal: cases used (looks)",
    )
    return Section("Passes and failures: power", ("cases", "flips"), columns, tuple(rows))


_GRADED = (
    ("equal, 1 % collapse: better", Graded(0.02, 0.0, 0.01), BETTER),
    ("equal, 5 % collapse: better", Graded(0.02, 0.0, 0.05), BETTER),
    ("equal, 1 % are won: worse", Graded(0.02, 0.0, -0.01), WORSE),
    ("equal, sd .1: better", Graded(0.1, 0.0), BETTER),
    ("equal, sd .2: worse", Graded(0.2, 0.0), WORSE),
    ("at the margin, 1 % collapse: not worse", Graded(0.02, -MARGIN, 0.01), PASSES),
    ("at the margin, 5 % collapse: not worse", Graded(0.02, -MARGIN, 0.05), PASSES),
    ("at the margin, 7 % collapse: not worse", Graded(0.02, -MARGIN, 0.07), PASSES),
    ("at the margin, sd .1: not worse", Graded(0.1, -MARGIN), PASSES),
    ("at the margin, sd .2: not worse", Graded(0.2, -MARGIN), PASSES),
)


def _by_size(name: str, sizes: tuple[int, ...], rules: tuple[str, ...], promised: bool) -> Section:
    how = {ALL: "", LOOKS: " (looks)", FORMER: "", FORMER_LOOKS: " (looks)"}
    rows = []
    for label, world, claim in _GRADED:
        pick = _false if promised else _former_cell
        cells = tuple(pick(world, n, rule, claim) for n in sizes for rule in rules)
        rows.append(((label,), cells))
    columns = tuple(f"{n:,} cases{how[rule]}" for n in sizes for rule in rules)
    return Section(name, ("truth and claim",), columns, tuple(rows))


def _former_cell(world: World, n: int, rule: str, claim: str) -> Cell:
    return Cell(Trial(world, n, rule), claim)


def _graded_promise(quick: bool) -> Section:
    sizes = (100,) if quick else (100, 300, 1000)
    return _by_size("Graded scores: false claims", sizes, (ALL, LOOKS), True)


def _former(quick: bool) -> Section:
    name = "Graded scores: false claims of the t interval of 0.1.0"
    return _by_size(name, (100,) if quick else (100, 300), (FORMER, FORMER_LOOKS), False)


def _graded_power(quick: bool) -> Section:
    rows = []
    for label, world, claim in (
        ("equal, sd .1: not worse", Graded(0.1, 0.0), PASSES),
        ("equal, sd .2: not worse", Graded(0.2, 0.0), PASSES),
        ("equal, 1 % collapse: not worse", Graded(0.1, 0.0, 0.01), PASSES),
        ("+3 points, sd .1: better", Graded(0.1, 0.03), BETTER),
        ("+3 points, sd .2: better", Graded(0.2, 0.03), BETTER),
    ):
        sizes = (100,) if quick else (100, 300)
        cells = tuple(_right(world, n, rule, claim) for n in sizes for rule in (ALL, LOOKS, FORMER))
        rows.append(((label,), cells))
    columns = tuple(f"{n:,} cases{how}" for n in sizes for how in ("", " (looks)", " (t of 0.1.0)"))
    return Section("Graded scores: power", ("truth and claim",), columns, tuple(rows))


def _groups(quick: bool) -> Section:
    rows = []
    for size in (3, 10):
        for count in (100,) if quick else (100, 300):
            n = size * count
            equal, worse = Groups(Flips(0.12, 0.0), size), Groups(Flips(0.12, -MARGIN), size)
            graded = Groups(Graded(0.1, -MARGIN, 0.05), size)
            cells = tuple(
                _false(world, n, rule, claim)
                for world, claim in ((equal, BETTER), (worse, PASSES), (graded, PASSES))
                for rule in (ALL, LOOKS)
            )
            rows.append(
                (
                    (f"{count} of {size}",),
                    (*cells, _right(equal, n, ALL, PASSES) if n <= 1000 else None),
                )
            )
    for size, many in ((10, 10), (30, 10)):
        n = many * (9 + size)
        equal, worse = UnevenGroups(size, 0.2, 0.0), UnevenGroups(size, 0.2, -MARGIN)
        claims = (_false(equal, n, ALL, BETTER), None, _false(worse, n, ALL, PASSES))
        rows.append(((f"90 of 1, 10 of {size}, which lose",), (*claims, None, None, None, None)))
    columns = (
        *(
            f"{what}{how}"
            for what in (
                "equal: better",
                "at the margin: not worse",
                "at the margin, graded: not worse",
            )
            for _, how in _BOTH
        ),
        "power: equal, not worse",
    )
    return Section("Groups whose cases change together", ("groups",), columns, tuple(rows))


def _others(quick: bool) -> Section:
    rows = []
    n = 100 if quick else 300
    for label, equal, worse in (
        ("three answers a case", Repeats(3, 0.0), Repeats(3, -MARGIN)),
        (
            "B's failures are missing in 1 of 20",
            Flips(0.12, 0.0, 0.05),
            Flips(0.12, -MARGIN, 0.05),
        ),
    ):
        cells = tuple(
            _false(world, n, rule, claim)
            for world, claim in ((equal, BETTER), (worse, PASSES))
            for rule in (ALL, LOOKS)
        )
        rows.append(((label,), cells))
    for confidence in (0.9, 0.99):
        for label, equal, worse in (
            ("passes and failures", Flips(0.12, 0.0), Flips(0.12, -MARGIN)),
            ("graded", Graded(0.02, 0.0, 0.05), Graded(0.02, -MARGIN, 0.05)),
        ):
            cells = tuple(
                _false(world, n, rule, claim, confidence)
                for world, claim in ((equal, BETTER), (worse, PASSES))
                for rule in (ALL, LOOKS)
            )
            words = f"confidence {confidence:g}, {label} (promise {50 * (1 - confidence):g} %)"
            rows.append(((words,), cells))
    columns = tuple(
        f"{what}{how}" for what in ("equal: better", "at the margin: not worse") for _, how in _BOTH
    )
    name = f"Repeats, missing scores, other confidence ({n} cases): false claims"
    return Section(name, ("",), columns, tuple(rows))


def _extended(world: World, first: int, most: int, claims: tuple[str, ...], false: bool) -> Trial:
    return Trial(world, most, ANYTIME, claims, false, extended_from=first)


def _bets(quick: bool) -> Section:
    rows = []
    n, most = (100, 300) if quick else (300, 1000)
    starts = (50, 100) if quick else (100, 300)
    for label, equal, worse in (
        ("6 % flips", Flips(0.06, 0.0), Flips(0.06, -MARGIN)),
        ("12 % flips", Flips(0.12, 0.0), Flips(0.12, -MARGIN)),
        ("30 % flips", Flips(0.30, 0.0), Flips(0.30, -MARGIN)),
        ("graded, 5 % collapse", Graded(0.02, 0.0, 0.05), Graded(0.02, -MARGIN, 0.05)),
    ):
        extended = [
            Cell(_extended(worse, first, most, (PASSES,), True), PASSES) for first in starts
        ]
        anytime = [_false(equal, n, ANYTIME, BETTER), _false(worse, n, ANYTIME, PASSES)]
        rows.append(((label,), (*anytime, *extended)))
    columns = (
        f"any time, {n} cases, equal: better",
        f"any time, {n} cases, at the margin: not worse",
        f"extended from {starts[0]} to {most:,}, at the margin: not worse",
        f"extended from {starts[1]} to {most:,}, at the margin: not worse",
    )
    return Section(
        "At any time, and extended until settled: false claims", ("",), columns, tuple(rows)
    )


def _bets_power(quick: bool) -> Section:
    rows = []
    n, most = (100, 300) if quick else (300, 1000)
    starts = (50, 100) if quick else (100, 300)
    for label, equal, ahead in (
        ("6 % flips", Flips(0.06, 0.0), Flips(0.06, 0.03)),
        ("12 % flips", Flips(0.12, 0.0), Flips(0.12, 0.03)),
        ("30 % flips", Flips(0.30, 0.0), Flips(0.30, 0.03)),
    ):
        extended = [
            Cell(_extended(equal, first, most, (PASSES,), False), PASSES) for first in starts
        ]
        cells = (
            _right(equal, n, ALL, PASSES),
            _right(equal, n, ANYTIME, PASSES),
            _right(ahead, n, ANYTIME, PASSES),
            *extended,
        )
        rows.append(((label,), cells))
    columns = (
        f"all {n} cases, equal: not worse",
        f"any time, {n} cases, equal: not worse",
        f"any time, {n} cases, +3 points: not worse",
        f"extended from {starts[0]} to {most:,}, equal: not worse",
        f"extended from {starts[1]} to {most:,}, equal: not worse",
    )
    return Section("At any time, and extended until settled: power", ("",), columns, tuple(rows))
