"""The terminal is asked whether it is light or dark: what it may answer, and when."""

from __future__ import annotations

import os
import re
import signal
import sys
import termios
import time
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.terminal import Terminal
from tests.tui.terminal.test_terminal import CTRL_Q, ROOT
from workbench.tui.terminal import themes
from workbench.tui.terminal.terminal_colour import (
    DEADLINE_S,
    NOT_ASKED,
    QUERY,
    Replies,
    asked,
    is_light,
    parse_colour,
)
from workbench.workspace import Workspace

WHITE = b"\x1b]11;rgb:ffff/ffff/ffff\x1b\\"
BLACK = b"\x1b]11;rgb:0000/0000/0000\x07"
DA1 = b"\x1b[?62;22c"
LIGHT_PAINT, DARK_PAINT = b"48;2;250;250;250", b"48;2;22;24;29"
"""The backgrounds of our two themes, as they are written."""


@pytest.mark.parametrize(
    ("text", "colour"),
    [
        (b"rgb:ffff/ffff/ffff", (1.0, 1.0, 1.0)),
        (b"rgb:00/00/00", (0.0, 0.0, 0.0)),
        (b"rgb:FF/80/00", (1.0, 128 / 255, 0.0)),
        (b"rgb:f/f/f", (1.0, 1.0, 1.0)),
        (b"rgba:ffff/0000/0000/8000", (1.0, 0.0, 0.0)),
    ],
)
def test_a_colour_is_read_whatever_number_of_digits_it_has(
    text: bytes, colour: tuple[float, ...]
) -> None:
    assert parse_colour(text) == pytest.approx(colour)


@pytest.mark.parametrize("text", [b"", b"?", b"rgb:", b"rgb:ff/ff", b"#ffffff", b"rgb:fffff/0/0"])
def test_what_is_no_colour_is_none(text: bytes) -> None:
    assert parse_colour(text) is None


@given(st.tuples(*[st.integers(0, 255)] * 3))
def test_two_and_four_digits_say_the_same(parts: tuple[int, int, int]) -> None:
    two = parse_colour("rgb:{:02x}/{:02x}/{:02x}".format(*parts).encode())
    four = parse_colour("rgb:{0:02x}{0:02x}/{1:02x}{1:02x}/{2:02x}{2:02x}".format(*parts).encode())
    assert two and four and two == pytest.approx(four)


def test_the_backgrounds_of_our_themes_are_recognised() -> None:
    for theme in themes.OURS:
        digits = (theme.background or "").removeprefix("#")
        colour = parse_colour(f"rgb:{digits[:2]}/{digits[2:4]}/{digits[4:]}".encode())
        assert colour and is_light(colour) is not theme.dark


TYPED = st.text(alphabet=st.sampled_from("qD1e;:/\r\x1bOA[?é"), max_size=6).map(str.encode)
ANSWER = st.sampled_from([WHITE, BLACK, b"\x1b]11;rgb:12/34/56\x9c"])


def fed(pieces: Sequence[bytes]) -> tuple[Replies, bytes]:
    replies = Replies()
    typed = b"".join(replies.feed(piece) for piece in pieces if piece)
    return replies, typed + replies.feed(b"")


@given(TYPED, ANSWER, TYPED, st.lists(st.integers(0, 80), max_size=6))
def test_answers_are_separated_from_keys_in_whatever_pieces_they_arrive(
    before: bytes, answer: bytes, after: bytes, cuts: list[int]
) -> None:
    data = before + answer + DA1 + after
    ends = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    replies, typed = fed([data[a:b] for a, b in pairwise(ends)])
    assert replies.is_complete
    assert replies.colour == parse_colour(answer[5:].split(b"\x1b")[0].strip(b"\x07\x9c"))
    assert typed == before + after


@given(st.lists(st.binary(max_size=12), max_size=6))
def test_no_byte_is_invented_and_none_turned_round(pieces: list[bytes]) -> None:
    _, typed = fed(pieces)
    rest = iter(b"".join(pieces))
    assert all(byte in rest for byte in typed)


@pytest.mark.parametrize("key", [b"\x1b", b"\x1b[", b"\x1b]", b"\x1bOP", b"\x1b[A", b"q"])
def test_a_key_that_looks_like_the_beginning_of_an_answer_is_one_when_nothing_follows(
    key: bytes,
) -> None:
    replies = Replies()
    assert replies.feed(key) + replies.feed(b"") == key


def test_an_answer_that_breaks_off_is_never_typed() -> None:
    replies = Replies()
    assert replies.feed(WHITE[:12]) + replies.feed(b"") + replies.feed(WHITE[12:] + DA1) == b""
    assert replies.light is True


@pytest.mark.parametrize(
    ("theme", "environ"),
    [
        ("dark", {"TERM": "xterm"}),
        ("nord", {"TERM": "xterm"}),
        ("auto", {"TERM": "xterm", "NO_COLOR": "1"}),
        ("auto", {"TERM": "dumb"}),
        ("auto", {"TERM": "linux"}),
        ("auto", {}),
        ("auto", {"TERM": "xterm"}),  # and the tests have no terminal
    ],
)
def test_nothing_is_asked_where_no_answer_is_wanted(theme: str, environ: dict[str, str]) -> None:
    with asked(theme, environ) as answer:
        assert answer() is NOT_ASKED


@pytest.mark.parametrize(
    ("wanted", "environ", "light", "theme"),
    [
        ("", {"COLORFGBG": "15;0"}, True, "workbench-light"),
        ("auto", {"COLORFGBG": "0;15"}, False, "workbench-dark"),
        ("auto", {"COLORFGBG": "0;15"}, None, "workbench-light"),
        ("dark", {}, True, "workbench-dark"),
        ("auto", {"NO_COLOR": "1"}, True, "ansi-dark"),
    ],
)
def test_the_answer_is_believed_before_the_environment_and_the_user_before_both(
    wanted: str, environ: dict[str, str], light: bool | None, theme: str
) -> None:
    assert themes.choose(wanted, environ, light) == theme


IN_TIME = "import runpy; runpy.run_module('workbench.tui', run_name='__main__')"
PATIENT = f"from workbench.tui.terminal import terminal_colour as t; t.DEADLINE_S = 60; {IN_TIME}"
"""An answer is in time however busy this process is, which gives it."""


class Answering(Terminal):
    """Answers the question when it comes, after a while."""

    def __init__(self, workspace: Workspace, answer: bytes, *, after_s: float = 0.0) -> None:
        self.answer, self.after_s, self.asked = answer, after_s, 0
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        super().__init__(
            [sys.executable, "-c", PATIENT if answer else IN_TIME, str(workspace.root)],
            cwd=ROOT,
            environ=kept
            | {
                "TERM": "xterm-256color",
                "COLORTERM": "truecolor",
                "LANG": "C.UTF-8",
                "WORKBENCH_CONFIG": str(workspace.root.parent / "config"),
            },
        )

    def _read(self, seconds: float, *, only_if_ready: bool = False) -> bool:
        came = super()._read(seconds, only_if_ready=only_if_ready)
        if QUERY in self.output and not self.asked:
            self.asked = self.output.count(QUERY)
            if self.after_s:
                time.sleep(self.after_s)
            if self.answer:
                self.send(self.answer)
        return came


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    ("answer", "paint", "other"),
    [
        (WHITE + DA1, LIGHT_PAINT, DARK_PAINT),
        (BLACK + DA1, DARK_PAINT, LIGHT_PAINT),
        (DA1, DARK_PAINT, LIGHT_PAINT),
        (b"", DARK_PAINT, LIGHT_PAINT),
    ],
    ids=["light", "dark", "does not know", "says nothing"],
)
def test_the_first_frame_has_the_terminals_colours(
    workspace: Workspace, answer: bytes, paint: bytes, other: bytes
) -> None:
    with Answering(workspace, answer) as terminal:
        terminal.wait_for("= 1.0.1")
        assert terminal.asked == 1
        assert paint in terminal.output and other not in terminal.output
        terminal.send(CTRL_Q)
        assert terminal.wait_for_end() == 0


@pytest.mark.exhaustive
def test_keys_pressed_while_the_terminal_is_asked_are_not_lost(workspace: Workspace) -> None:
    with Answering(workspace, b"5" + WHITE + b"\x1bOP" + DA1) as terminal:
        terminal.wait_for("type to filter")
        terminal.send("\x1b")
        terminal.wait_for("[5 Deploys]")
        terminal.send(CTRL_Q)
        assert terminal.wait_for_end() == 0


@pytest.mark.exhaustive
def test_an_answer_that_comes_late_is_no_key_and_brings_its_colours(workspace: Workspace) -> None:
    draft = workspace.root / "prompts" / "support_triage.prompty"
    before = draft.read_text()
    with Answering(workspace, b"") as terminal:
        terminal.wait_for("= 1.0.1")
        at = len(terminal.output)
        assert LIGHT_PAINT not in terminal.output
        # As keys: 1 and e would open screens, r a dialog, and c compare.
        terminal.send(WHITE[:9])
        terminal.send(WHITE[9:] + DA1)
        terminal.wait_for(LIGHT_PAINT, after=at)
        terminal.send("5")
        terminal.wait_for("[5 Deploys]", after=at)
        for sign in (b"[2 Draft]", b"[3 Run]", b"calls", b"! "):
            assert sign not in terminal.output[at:], sign
        terminal.send(CTRL_Q)
        assert terminal.wait_for_end() == 0
    assert draft.read_text() == before


def test_the_wait_ends_at_the_deadline() -> None:
    """What the terminal's silence costs is what is left of the deadline behind the imports."""
    program = (
        "import os\n"
        "from types import SimpleNamespace\n"
        "from workbench.tui.terminal import terminal_colour\n"
        "now = 100.0\n"
        "def nothing_comes(read, write, error, seconds):\n"
        "    global now\n"
        "    now += seconds\n"
        "    return [], [], []\n"
        "terminal_colour.time = SimpleNamespace(monotonic=lambda: now)\n"
        "terminal_colour.select = SimpleNamespace(select=nothing_comes)\n"
        "for imports in (0.0, 0.1, 0.3):\n"
        "    with terminal_colour.asked('', os.environ) as answer:\n"
        "        now += imports; at = now; answer()\n"
        "        print(f'waited {now - at:.3f} s')\n"
    )
    with Plain(program) as terminal:
        assert terminal.wait_for_end() == 0
        waited = [float(seconds) for seconds in re.findall(rb"waited ([0-9.]+) s", terminal.output)]
    assert waited == pytest.approx([DEADLINE_S, DEADLINE_S - 0.1, 0.0])


@pytest.mark.parametrize("answer", [DA1, WHITE + DA1], ids=["does not know", "light"])
def test_the_wait_ends_with_the_last_answer(answer: bytes) -> None:
    program = (
        "import os, select, time\n"
        "from workbench.tui.terminal import terminal_colour\n"
        "terminal_colour.DEADLINE_S = 99\n"
        "with terminal_colour.asked('', os.environ) as answer:\n"
        "    print('asking', flush=True); select.select([0], [], [])\n"
        "    at = time.monotonic(); answer()\n"
        "    print(f'waited {time.monotonic() - at:.3f} s')\n"
    )
    with Plain(program) as terminal:
        terminal.wait_for("asking")
        terminal.send(answer)
        assert terminal.wait_for_end() == 0
        (waited,) = re.findall(rb"waited ([0-9.]+) s", terminal.output)
        assert float(waited) < 60


class Plain(Terminal):
    """A program that asks, in a terminal that says nothing."""

    def __init__(self, program: str) -> None:
        super().__init__(
            [sys.executable, "-c", program],
            cwd=ROOT,
            environ={"PATH": os.environ["PATH"], "TERM": "xterm", "PYTHONPATH": ROOT},
        )

    @property
    def echoes(self) -> bool:
        return bool(termios.tcgetattr(self._fd)[3] & termios.ECHO)


@pytest.mark.exhaustive(keep=2)
@pytest.mark.parametrize(
    ("ending", "code"),
    [
        ("raise RuntimeError('in the middle')", 1),
        ("os.kill(os.getpid(), 15); time.sleep(9)", 128 + signal.SIGTERM),
        ("os.kill(os.getpid(), 1); time.sleep(9)", 128 + signal.SIGHUP),
        ("os.kill(os.getpid(), 2); time.sleep(9)", -signal.SIGINT),
        ("pass", 0),
    ],
    ids=["an error", "SIGTERM", "SIGHUP", "ctrl+c", "nothing"],
)
def test_the_terminal_is_as_it_was_whatever_happens(ending: str, code: int) -> None:
    program = (
        "import os, time\n"
        "from workbench.tui.terminal.terminal_colour import asked\n"
        "with asked('', os.environ) as answer:\n"
        "    print('asking', flush=True)\n"
        "    input()\n"
        f"    {ending}\n"
    )
    with Plain(program) as terminal:
        assert terminal.echoes
        terminal.wait_for("asking")
        assert not terminal.echoes
        terminal.send(WHITE + DA1 + b"\n")
        assert terminal.wait_for_end() == code
        assert terminal.echoes
