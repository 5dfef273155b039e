"""Datasets: the cases of each suite, to read, filter, change and add to."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widget import Widget

from workbench.actions.workspace.dataset_contents import is_edited_in_place
from workbench.fingerprints import short
from workbench.present import numbers
from workbench.present.case_values import readable_inputs
from workbench.tui.base.screen import ModeScreen
from workbench.tui.context.selection import Selection
from workbench.tui.datasets.rows import CASE_COLUMNS, CaseRow
from workbench.tui.dialogs.case_form import open_form
from workbench.tui.keys import keys
from workbench.tui.services.dataset_edits import DatasetPage, blank_case, read_datasets
from workbench.tui.services.files_watch import files_of_suites
from workbench.tui.table.case_table import CaseTable
from workbench.tui.table.case_texts import flat_json
from workbench.tui.table.column_table import ColumnTable
from workbench.tui.table.filters import Row, Test
from workbench.tui.widgets.case_detail import CaseScreen, block
from workbench.tui.widgets.case_pane import CasePane, NamedFilter
from workbench.tui.widgets.small_pictures import SmallPictures
from workbench.tui.widgets.text import PlainStatic, plain
from workbench.tui.widgets.text_view import TextView

NO_SUITES = (
    "No suites yet.",
    "A suite tries a prompt on the cases of a dataset, and scores the answers.",
    "n makes one for the picked prompt: paste cases or choose a file.",
)
UNREADABLE = ("This suite cannot be read.", "o shows the next one; edit it outside.")
NO_CASES = ("No case here.", "a adds one.")


def _of_split(split: str) -> Test:
    def test(row: Row) -> bool:
        return isinstance(row, CaseRow) and (row.case.split or "none") == split

    return test


class DatasetsScreen(ModeScreen):
    """The cases of one suite at a time."""

    MODE = "datasets"
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("datasets")
    AUTO_FOCUS = "#dataset-list"
    watched = files_of_suites
    DEFAULT_CSS = """
    DatasetsScreen #dataset-head { height: auto; min-height: 2; max-height: 4; padding: 0 1; }
    DatasetsScreen #dataset-body { height: 1fr; layout: vertical; }
    DatasetsScreen #dataset-case { height: 8; padding: 0 1; }
    DatasetsScreen.-tall #dataset-case { height: 14; }
    DatasetsScreen.-wide #dataset-body { layout: horizontal; }
    DatasetsScreen.-wide #dataset-case { width: 80; height: 100%; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.page: DatasetPage | None = None
        self._name: str | None = None
        """The suite that was asked for; None: that of the picked prompt."""
        self._prompt_id = ""
        self._written_id = ""
        self._pictures = SmallPictures(self.app, self._picture_loaded)

    def body(self) -> Iterable[Widget]:
        yield PlainStatic(id="dataset-head")
        table = ColumnTable(CASE_COLUMNS, empty=NO_SUITES, id="dataset-list")
        yield Horizontal(
            CasePane(table, "Cases", id="dataset-pane"),
            TextView(id="dataset-case", classes="pane"),
            id="dataset-body",
        )

    @property
    def table(self) -> CaseTable:
        return self.query_one("#dataset-list", CaseTable)

    def show(self, selection: Selection) -> None:
        if selection.prompt_id != self._prompt_id:
            self._prompt_id, self._name = selection.prompt_id, selection.suite
        self._name = self._name or selection.suite
        self._read()

    def files_changed(self) -> None:
        """Cases that were edited outside."""
        self._read()

    def _read(self) -> None:
        def done(page: DatasetPage) -> None:
            cursor, self._written_id = self._written_id or self.table.cursor_key, ""
            self._show_page(page, cursor)

        self.app.in_thread(read_datasets, self._name, self._prompt_id, done=done, group="dataset")

    def _show_page(self, page: DatasetPage, cursor: str) -> None:
        self.page = page
        self.refresh_bindings()
        head = self.query_one("#dataset-head", PlainStatic)
        pane = self.query_one("#dataset-pane", CasePane)
        self.table.empty = UNREADABLE if page.problem else NO_CASES if page.suite else NO_SUITES
        if page.suite is None:
            problem = page.problem.replace(f"{self.app.workspace.root}/", "")
            head.show(f"! {problem}" if problem else "no suite in this workspace")
            pane.show_title("Cases")
            self.table.load([])
            self.hint(self._keys_line())
            return
        dataset = page.suite.dataset
        counts: dict[str, int] = {}
        for case in dataset.cases:
            split = case.split or "none"
            counts[split] = counts.get(split, 0) + 1
        splits = " · ".join(f"{name} {count:,}" for name, count in counts.items())
        shares = f" ({splits})" if set(counts) != {"none"} else ""
        lines = (
            f"{page.suite.name} · {numbers.plural(len(dataset.cases), 'case')}{shares}"
            f" · {short(dataset.fingerprint)}",
            f"{self._source(dataset.source)} · {'; '.join(dataset.notes) or _editing(page)}",
        )
        head.show(Content("\n").join([_one_line(line, self.size.width - 2) for line in lines]))
        pane.named = (NamedFilter("all"), *(NamedFilter(n, _of_split(n)) for n in counts))
        pane.show_title(f"Cases of {page.suite.name}")
        self.table.load([CaseRow(c, at) for at, c in enumerate(dataset.cases)], cursor=cursor)
        self.hint(self._keys_line())

    def _keys_line(self) -> str:
        page = self.page
        keys_ = ["e edits the case · a adds one"] if page and page.path else []
        keys_ += ["f split · / filter"] if page and page.suite else ["n begins a suite"]
        keys_ += ["o other suite"] if page and page.others else []
        return " · ".join([*keys_, "esc back"])

    def _source(self, source: str) -> str:
        """The dataset's path, relative to the workspace where possible."""
        root = self.app.workspace.root
        return str(Path(source).relative_to(root)) if Path(source).is_relative_to(root) else source

    @on(CaseTable.Highlighted, "#dataset-list")
    def _highlighted(self) -> None:
        case_id, text = self._describe()
        view = self.query_one("#dataset-case", TextView)
        view.border_title = plain(case_id)
        view.show(text)

    @on(CaseTable.Opened, "#dataset-list")
    @on(CaseTable.Peeked, "#dataset-list")
    def _open(self) -> None:
        self.app.push_screen(CaseScreen(self._describe, self._step))

    def _picture_loaded(self) -> None:
        self._highlighted()
        top = self.app.screen
        if isinstance(top, CaseScreen):
            top.show()

    def _step(self, way: int) -> None:
        self.table.move_following(way)

    def _describe(self) -> tuple[str, Content]:
        row = self.table.cursor_row
        if not isinstance(row, CaseRow):
            return "", Content("")
        case = row.case
        parts: list[Content] = []
        for name, text in readable_inputs(case).items():
            parts += [block(f"input · {name}", text), self._pictures.of(case, name)]
        parts.append(block("expected", flat_json(case.expected) or "(nothing)"))
        about = f"split {case.split or 'none'}  tags {' '.join(case.tags) or 'none'}"
        parts.append(block("about", f"{about}  group {case.group}" if case.group else about))
        return case.id, Content("").join(parts).rstrip()

    # Keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        del parameters
        page = self.page
        if action in ("edit", "add"):
            return page is not None and page.path is not None
        if action == "delete":
            return page is not None and page.path is not None and self.table.cursor_row is not None
        if action in ("split", "label"):
            return page is not None and page.suite is not None
        if action == "dataset":
            return page is not None and bool(page.others)
        return True

    def action_edit(self) -> None:
        row = self.table.cursor_row
        if isinstance(row, CaseRow) and self.page:
            open_form(self.app, self.page, row.case, replaces=row.case.id, done=self._written)

    def action_add(self) -> None:
        if self.page and self.page.suite:
            case = blank_case(self.page.suite.dataset.cases)
            open_form(self.app, self.page, case, done=self._written)

    def action_delete(self) -> None:
        """The cursor moves to the case that takes its place."""
        from workbench.tui.dialogs.delete_case import open_delete

        row, page = self.table.cursor_row, self.page
        if not isinstance(row, CaseRow) or page is None or page.suite is None or page.path is None:
            return
        shown = [other.key for other in self.table.model.visible()]
        at = self.table.cursor_index
        next_id = (shown[at + 1 :] or shown[:at][-1:] or [""])[0]
        open_delete(self.app, page.path, page.suite, row.case, lambda: self._written(next_id))

    def action_begin(self) -> None:
        """A suite for the picked prompt."""
        self._name = None
        self.app.action_new_suite()

    def _written(self, case_id: str) -> None:
        self._written_id = case_id
        self._read()

    def action_split(self) -> None:
        self.query_one("#dataset-pane", CasePane).cycle()

    def action_label(self) -> None:
        """Label the answers of the suite's runs."""
        from workbench.tui.labels.label_screen import open_labelling

        if self.page and self.page.suite:
            open_labelling(self.app, self.page.suite.name)

    def action_dataset(self) -> None:
        """The next suite's dataset."""
        if self.page and self.page.others:
            self._name = self.page.others[0]
            self._read()

    def action_leave(self) -> None:
        if not self.query_one("#dataset-pane", CasePane).clear_filter():
            self.app.action_go(self.app.mode_before)


def _editing(page: DatasetPage) -> str:
    if page.suite is not None and not is_edited_in_place(page.suite):
        return "the suite chooses among the cases of its source: edit them there"
    if page.path is None:
        return "only .jsonl files can be edited here"
    return "changes are written at once"


def _one_line(text: str, width: int) -> Content:
    return plain(text).truncate(max(10, width), ellipsis=True)
