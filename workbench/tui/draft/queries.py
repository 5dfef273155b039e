"""What the draft screen reads besides the text: suite, live version, prices."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from workbench.actions.running.tries import typed_cases
from workbench.actions.session import Session
from workbench.actions.workspace.linting import lint_context
from workbench.actions.workspace.snippets import sharing
from workbench.datasets.values import Case
from workbench.errors import NoSuite, NotFound, WorkbenchError
from workbench.prompts.files.prompty import Draft
from workbench.prompts.files.variants import file_name, split_name
from workbench.prompts.numbering import base_of
from workbench.prompts.values import SUFFIX, Prompt
from workbench.runs.spec.suite import Suite
from workbench.tui.draft.checks import Baseline, Checked, check
from workbench.workspace import Workspace

_MOST_PAIRS = 20_000
"""Pairs of an example and a case that are compared while a draft is typed: about 20 ms."""


@dataclass(frozen=True)
class DraftPage:
    """A draft with what it is tried on and compared with."""

    draft: Draft | None
    """None: it cannot be read as a prompt; `text` still holds it."""
    path_text: tuple[str, str] | None
    """(path, text) of the file, if there is one."""
    suite: Suite | None
    suite_problem: str
    baseline: Baseline | None
    shared: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """The snippets of the draft, each with the other prompts whose drafts include it."""
    typed: tuple[Case, ...] = ()
    """What was typed to try it on, in no dataset."""

    @property
    def path(self) -> Path:
        """The file's, or an empty one."""
        return Path(self.path_text[0]) if self.path_text else Path()

    @property
    def cases(self) -> tuple[Case, ...]:
        """The cases to iterate on: the suite's, then those that were typed."""
        return (*(self.suite.dev_cases.cases if self.suite else ()), *self.typed)

    def with_case(self, case: Case) -> DraftPage:
        """With this case among those to iterate on."""
        if any(known.id == case.id for known in self.cases):
            return self
        return replace(self, typed=(*self.typed, case))


def read_draft_page(
    session: Session, prompt_id: str, suite_name: str | None, variant: str = ""
) -> DraftPage:
    """The draft of a prompt or a variant, broken or not, with its suite and what is live."""
    draft, path_text = None, None
    path = _path_of(session, prompt_id, variant)
    if path is not None:
        path_text = (str(path), path.read_bytes().decode("utf-8", "replace"))
        try:
            draft = session.workspace.draft(path)
        except WorkbenchError:
            draft = None
    suite, problem = None, ""
    try:
        suite = session.workspace.suite_for(prompt_id, suite_name)
    except NoSuite:
        problem = "no suite: 6 Datasets, n begins one"
    except WorkbenchError as error:
        problem = str(error)
    baseline = read_baseline(session, prompt_id)
    shared = sharing(session.workspace, draft) if draft else ()
    typed = typed_cases(session, prompt_id)
    return DraftPage(draft, path_text, suite, problem, baseline, shared, typed)


def _path_of(session: Session, prompt_id: str, variant: str) -> Path | None:
    stem = file_name(prompt_id, variant).removesuffix(SUFFIX)
    path = next((p for p in session.workspace.draft_paths() if p.stem == stem), None)
    if path is not None or variant:
        return path
    try:
        return session.workspace.draft_path(prompt_id)
    except WorkbenchError:
        return None


def check_in(
    workspace: Workspace,
    path: Path,
    text: str,
    case: Case | None,
    baseline: Baseline | None,
    typing: int | None = None,
    suite: Suite | None = None,
) -> Checked:
    """Check a draft with the settings, snippets and examples of its workspace, see `check`."""
    folder = Path(suite.dataset.source).parent if suite else None
    return check(
        text,
        split_name(path.stem)[0],
        case,
        baseline,
        workspace.with_provider,
        lambda prompt: lint_context(workspace, prompt, _cheap(prompt, suite)),
        typing,
        workspace.files_of(path),
        folder,
    )


def _cheap(prompt: Prompt, suite: Suite | None) -> tuple[Suite, ...]:
    """The suite, if the prompt's examples can be looked for in it at each pause of typing."""
    rows = len(prompt.examples.rows) if prompt.examples else 0
    return (suite,) if suite and rows * len(suite.dataset.cases) <= _MOST_PAIRS else ()


def read_baseline(session: Session, prompt_id: str) -> Baseline | None:
    """What a draft changes: the live version in production, else the newest one."""
    try:
        versions = list(session.registry.versions(prompt_id))
    except NotFound:
        return None
    if not versions:
        return None
    newest = versions[0]
    deployments = {d.environment: d for d in session.registry.live(prompt_id)}
    where = "production" if "production" in deployments else next(iter(deployments), "")
    live, place = newest, "newest"
    if where:
        live, place = session.registry.get_version(prompt_id, deployments[where].version), where
    known = tuple(version.version for version in versions)
    base = next(v for v in versions if v.version == base_of(known))
    return Baseline(
        live.prompt,
        live.version,
        place,
        newest.prompt,
        newest.version,
        release=(base.version, base.prompt),
        known=known,
    )


@dataclass(frozen=True, slots=True)
class CallPrice:
    """What one call costs about, in US dollars; None: unknown."""

    model: str
    input_usd: float
    output_usd: float

    def cost(self, tokens: int, most: int) -> float:
        return (tokens * self.input_usd + most * self.output_usd) / 1e6


def read_price(session: Session, prompt: Prompt) -> CallPrice | None:
    """The price of the prompt's model; None: unknown."""
    from workbench.providers.prices import price_of

    if prompt.model is None:
        return None
    price = price_of(session.provider_settings(prompt), prompt.model.id)
    return CallPrice(prompt.model.id, price.input, price.output) if price else None
