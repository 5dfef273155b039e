"""A workspace: a folder with workbench.toml, drafts, suites and the .workbench/ state."""

from __future__ import annotations

import getpass
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.datasets.prompt_files import WorkspaceFiles
from workbench.errors import DraftError, NoSuite, NotFound, UntrustedWorkspace, UsageError
from workbench.links import STATE, owned_by_another
from workbench.prompts.files.variants import split_name
from workbench.prompts.values import SUFFIX, Prompt
from workbench.settings import EMBEDDED_MODEL, FILE_NAME, LOCAL, Settings, read_settings
from workbench.suggestions import did_you_mean

if TYPE_CHECKING:
    from workbench.prompts.files.prompty import Draft
    from workbench.runs.spec.suite import Suite
    from workbench.runs.spec.suite_head import SuiteHead

REGISTRY = "registry.db"
RUNS = "runs.db"
PROMPTS = "prompts"
EVALS = "evals"
SUITE_FILE = "suite.yaml"


@dataclass(frozen=True)
class Workspace:
    """The paths and settings of a workspace, and its drafts and suites."""

    root: Path
    settings: Settings

    @property
    def state(self) -> Path:
        return self.root / STATE

    def make_state(self) -> Path:
        """The state folder, created with private permissions if missing. Raises UsageError for a
        link.
        """
        if self.state.is_symlink():
            raise UsageError(
                f"{self.state} is a symbolic link: what is in it can be read, and never written",
                hint="make it a folder of the workspace",
            )
        self.state.mkdir(mode=0o700, exist_ok=True)
        return self.state

    @property
    def registry_path(self) -> Path:
        return self.state / REGISTRY

    @property
    def runs_path(self) -> Path:
        return self.state / RUNS

    @cached_property
    def author(self) -> str:
        """The author's name: from the settings, else git's user.name, else the login."""
        return self.settings.author or _git_user(self.root) or _login()

    def files_of(self, path: Path) -> WorkspaceFiles:
        """The files that the draft at `path` may refer to."""
        return WorkspaceFiles(self.root, path.parent)

    def read_draft(self, path: Path) -> Draft:
        """The draft at `path` as it stands. Raises DraftError."""
        from workbench.prompts.files.prompty import read_draft

        return read_draft(path, self.files_of(path))

    def draft(self, path: Path) -> Draft:
        """The draft at `path`, with the model's provider resolved.

        Raises DraftError like `read_draft`, and when the provider is undetermined.
        """
        draft = self.read_draft(path)
        prompt, note = self.with_provider(draft.prompt, str(path), draft.text)
        return replace(draft, prompt=prompt, note=note)

    def with_provider(self, prompt: Prompt, where: str, text: str = "") -> tuple[Prompt, str]:
        """The prompt with its model's provider resolved, and a note if it had named none.

        `text` is the draft's, for line numbers. Raises DraftError when the provider is
        undetermined, and when it is the embedded model but the id is that of another model.
        """
        model = prompt.model
        if model is None:
            return prompt, ""
        if model.provider:
            if self.settings.answers_as_another(model.provider, model.id):
                raise _other_model(model.id, where, text)
            return prompt, ""
        name = self.settings.provider_of(model.id)
        if not name:
            raise _which_provider(model.id, where, text, self.settings)
        note = f"{where} names no provider for {model.id}: {name} is taken"
        return replace(prompt, model=replace(model, provider=name)), note

    def draft_paths(self) -> tuple[Path, ...]:
        """The drafts and their variants: `*.prompty` in the folder itself and below prompts/."""
        paths = [*self.root.glob(f"*{SUFFIX}"), *(self.root / PROMPTS).rglob(f"*{SUFFIX}")]
        return tuple(sorted(p for p in paths if p.is_file() and not p.name.startswith(".")))

    def draft_path(self, prompt_id: str) -> Path | None:
        """The draft of that prompt, by its name in the front matter, else by its file name.

        Raises DraftError when there is none and a draft cannot be read.
        """
        broken: DraftError | None = None
        paths = (path for path in self.draft_paths() if not split_name(path.stem)[1])
        for path in sorted(paths, key=lambda path: path.stem != prompt_id):
            try:
                named = self.read_draft(path).prompt.prompt_id
            except DraftError as error:
                if path.stem == prompt_id:
                    return path
                broken = broken or error
                continue
            if named == prompt_id:
                return path
        if broken:
            raise broken
        return None

    def variant_paths(self, prompt_id: str) -> dict[str, Path]:
        """The variants of that prompt by name, in order. Raises DraftError for a name that two
        files have.
        """
        paths: dict[str, Path] = {}
        for path in self.draft_paths():
            name, variant = split_name(path.stem)
            if name != prompt_id or not variant:
                continue
            if variant in paths:
                raise DraftError(
                    f"{paths[variant]} and {path} are both the variant {path.stem}",
                    hint="rename one of them",
                )
            paths[variant] = path
        return dict(sorted(paths.items()))

    def suite_paths(self) -> tuple[Path, ...]:
        """The suites: suite.yaml in the folder itself and in the folders of evals/."""
        paths = [self.root / SUITE_FILE, *(self.root / EVALS).glob(f"*/{SUITE_FILE}")]
        return tuple(sorted(path for path in paths if path.is_file()))

    def suites(self) -> Iterator[Suite]:
        """Every suite with its dataset. Raises SuiteError or DatasetError."""
        from workbench.runs.spec.suite_file import read_suite

        for path in self.suite_paths():
            yield read_suite(path)

    def suite(
        self,
        name: str,
        *,
        limit: int | None = None,
        split: str | None = None,
        streamed: bool = False,
    ) -> Suite:
        """The suite with that name, folder or path. Raises NotFound, SuiteError, DatasetError.

        `limit`, `split` and `streamed`, see `read_suite`.
        """
        from workbench.runs.spec.suite_file import read_suite

        return read_suite(self.suite_path(name), limit=limit, split=split, streamed=streamed)

    def suite_path(self, name: str) -> Path:
        """The file of the suite with that name, folder or path. Raises NotFound, SuiteError."""
        from workbench.runs.spec.suite_head import read_suite_head

        given = Path(name)
        for path in (given, given / SUITE_FILE):
            if path.is_file() and path.suffix in (".yaml", ".yml"):
                return path
        for path in self.suite_paths():
            if path.parent.name == name:
                return path
        heads = [read_suite_head(path) for path in self.suite_paths()]
        for head in heads:
            if head.name == name:
                return head.path
        known = [head.name for head in heads]
        raise NotFound(f"no suite {name!r} in {self.root}", hint=did_you_mean(name, known))

    def suites_of(self, prompt_id: str) -> tuple[Suite, ...]:
        """The suites of this prompt; the cases of others are not read."""
        from workbench.runs.spec.suite_file import read_suite

        heads = (head for head in self.suite_heads() if head.prompt_id == prompt_id)
        return tuple(read_suite(head.path) for head in heads)

    def suite_heads(self) -> Iterator[SuiteHead]:
        """Every suite without its scorers and cases. Raises SuiteError."""
        from workbench.runs.spec.suite_head import read_suite_head

        return map(read_suite_head, self.suite_paths())

    def suite_for(self, prompt_id: str, name: str | None = None) -> Suite:
        """The named suite, or the prompt's first one. Raises NotFound or NoSuite."""
        if name:
            return self.suite(name)
        suites = self.suites_of(prompt_id)
        if not suites:
            raise NoSuite(
                f"no suite tries {prompt_id} in {self.root}",
                hint=f"write {EVALS}/{prompt_id}/{SUITE_FILE}",
            )
        return suites[0]


def find_workspace(start: Path | None = None) -> Workspace:
    """The workspace of the nearest folder upward with a workbench.toml. Raises like `find_root`."""
    root = find_root(start)
    return Workspace(root, read_settings(root / FILE_NAME))


def find_root(start: Path | None = None) -> Path:
    """The folder of `find_workspace`, without reading its settings.

    `start` itself may belong to anybody, as settings need trust before they take effect; a folder
    above it must be the user's own, since others may write to a parent such as /tmp.
    Raises NotFound, and UntrustedWorkspace for another user's folder.
    """
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        file = folder / FILE_NAME
        if file.is_file():
            if folder != here and owned_by_another(str(file)):
                raise UntrustedWorkspace(
                    f"{file} belongs to another user, and {here} is only below it",
                    hint=f"if you mean it: --workspace {folder}",
                )
            return folder
    raise NotFound(f"no {FILE_NAME} in {here} or above", hint="workbench init makes a workspace")


def open_workspace(root: Path) -> Workspace:
    """The workspace in exactly this folder. Raises NotFound."""
    if not (root / FILE_NAME).is_file():
        raise NotFound(f"no {FILE_NAME} in {root}", hint="workbench init makes a workspace")
    return Workspace(root.resolve(), read_settings(root / FILE_NAME))


def _which_provider(model_id: str, where: str, text: str, settings: Settings) -> DraftError:
    known = ", ".join({**settings.providers, LOCAL: None})
    return DraftError(
        f"{where}:{_model_line(text)} which provider? The model {model_id!r} names none",
        hint=f"write provider: NAME below model.id, with one of: {known}",
    )


def _other_model(model_id: str, where: str, text: str) -> DraftError:
    return DraftError(
        f"{where}:{_model_line(text)} the provider {LOCAL} is {EMBEDDED_MODEL}"
        f" and not {model_id!r}",
        hint=f"write id: {EMBEDDED_MODEL}, or name another provider; a GGUF file of yours is set by"
        f" model_path in [providers.{LOCAL}]",
    )


def _model_line(text: str) -> str:
    match = re.search(r"^[ \t]*model[ \t]*:", text, re.MULTILINE)
    return f" line {text.count(chr(10), 0, match.start()) + 1}" if match else ""


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # A user without a name, as in containers.
        return "unknown"


def _git_user(root: Path) -> str:
    try:
        result = subprocess.run(
            ["git", "config", "user.name"],
            cwd=root,
            capture_output=True,
            text=True,
            timeout=5,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return result.stdout.strip()
