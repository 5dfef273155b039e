"""A judge: a prompt that is shown an answer and gives a verdict on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from workbench.datasets.cells import text_of
from workbench.datasets.prompt_files import WorkspaceFiles
from workbench.datasets.values import Case
from workbench.errors import DraftError, SuiteError, TemplateError
from workbench.fingerprints import fingerprint
from workbench.prompts.codec import prompt_from_json, prompt_to_json
from workbench.prompts.inputs.media import is_attachment
from workbench.prompts.values import Prompt
from workbench.providers.base import Answer, Outcome, Request
from workbench.providers.options import build_request
from workbench.scorers.base import AsksModels, Kind, Score, Scorer
from workbench.scorers.judges import framing
from workbench.scorers.judges.rubric import (
    DEFAULT_OUTPUTS,
    PAIR_OUTPUTS,
    Rubric,
    pair_rubric_of,
    rubric_of,
)
from workbench.scorers.judges.verdict import Unreadable, read_verdict
from workbench.scorers.models import Models, Question
from workbench.suggestions import did_you_mean
from workbench.typed_options import Option

if TYPE_CHECKING:
    from workbench.prompts.templates.templates import Renderer

JUDGE = "judge"
ANSWER, QUESTION, EXPECTED = "answer", "question", "expected"
FIRST, SECOND = "first", "second"
"""The inputs of a pairwise judge, in place of ANSWER."""
ATTEMPTS = 2
"""A verdict that cannot be read is asked for once more; then there is none."""
COMPARES = "it compares two answers: workbench compare A B --judge NAME"
NOT_ASKED = "judges are asked in a run, and this is none"
_CUT = "[… {} characters left out …]"

OPTIONS = {
    "prompt": Option("", "The judge's file, from the workspace's folder."),
    "inputs": Option({}, "Which input of the case each input of the judge gets, by name."),
    "passes": Option([], "The labels that count as a pass, where it gives labels."),
    "at_least": Option(0.0, "The lowest level that passes, where it gives levels of a scale."),
    "most_chars": Option(20_000, "A longer text is shown without its middle.", 100, 1_000_000),
}
CONTENT = "content"
"""Key of a judge's content in a record's options."""


class JudgeFailed(RuntimeError):
    """A judge could not be asked: the machinery's fault, not its verdict."""


@dataclass(frozen=True)
class Judge:
    """A judge's prompt, and how it is used."""

    prompt: Prompt
    rubric: Rubric
    options: Mapping[str, Any]
    """Those of OPTIONS that are set."""
    embeds: ClassVar[bool] = False

    @cached_property
    def fingerprint(self) -> str:
        """sha256 of everything that decides its verdicts but the model that answers: the prompt,
        what is added to it, and the options except the file's place.
        """
        options = {key: value for key, value in self.options.items() if key != "prompt"}
        return fingerprint([self.prompt.fingerprint, framing.REVISION, options])

    @cached_property
    def content(self) -> dict[str, Any]:
        """The judge as plain JSON values, from which `recorded_judge` makes it again."""
        return {"prompt_id": self.prompt.prompt_id, **prompt_to_json(self.prompt)}

    @cached_property
    def _renderer(self) -> Renderer:
        from workbench.prompts.templates.templates import Renderer

        return Renderer(self.prompt)

    @cached_property
    def is_pairwise(self) -> bool:
        """Whether it compares two answers."""
        return _shown(self.prompt) == (FIRST, SECOND)

    @cached_property
    def _request(self) -> Request:
        """What all its questions share; the outputs are those of a judge that declares none, where
        it declares none.
        """
        outputs = self.prompt.outputs or _usual_outputs(self.prompt)
        return build_request(replace(self.prompt, outputs=outputs), ())

    def lacks(self, case: Case) -> str:
        """Why the case cannot be judged, or nothing."""
        for item in self.prompt.inputs:
            if item.name in _shown(self.prompt):
                continue
            if item.required and item.default is None:
                value = self._value(item.name, case)
                if value is None:
                    return f"the case has no {self._source(item.name)}, which the judge reads"
                if is_attachment(value):
                    return f"{self._source(item.name)} is a file, which a judge is not shown"
        return ""

    def question(self, answer: str, case: Case, attempt: int) -> Question:
        """What it is asked about an answer. Raises TemplateError."""
        return self.question_about({ANSWER: answer}, case, attempt)

    def question_about(self, answers: Mapping[str, str], case: Case, attempt: int) -> Question:
        """What it is asked about answers, by the names of its inputs. Raises TemplateError."""
        texts = {name: self._cut(answer) for name, answer in answers.items()}
        for item in self.prompt.inputs:
            value = None if item.name in texts else self._value(item.name, case)
            if value is not None and not is_attachment(value):
                texts[item.name] = self._cut(text_of(value))
        code = framing.code_for(self.fingerprint, texts, attempt)
        marked = {name: framing.marked(name, text, code) for name, text in texts.items()}
        messages = framing.with_rules(self._renderer.render(marked), code, self.rubric.form)
        return Question(self.prompt, replace(self._request, messages=messages))

    def score(self, answer: Answer, case: Case, models: Models | None) -> Score:
        """The judge's score of an answer; missing while its own answer is not known, and where that
        is no verdict, twice. Raises JudgeFailed when it could not be asked.
        """
        if self.is_pairwise:
            return Score(None, COMPARES)
        lacking = self.lacks(case)
        if lacking or models is None:
            return Score(None, lacking or NOT_ASKED)
        why = ""
        for attempt in range(ATTEMPTS):
            reply = models.answer(self.question(answer.text, case, attempt))
            if reply is None:
                return Score(None, "the judge is being asked")
            if reply.outcome.is_error:
                raise JudgeFailed(reply.error or reply.outcome.value)
            try:
                if reply.outcome is not Outcome.OK:
                    raise Unreadable(f"it is {reply.outcome.value.replace('_', ' ')}")
                return read_verdict(reply.text, self.rubric).score(self.rubric)
            except Unreadable as error:
                why = str(error)
        return Score(None, f"the judge gave no verdict: {why}")

    def _source(self, name: str) -> str:
        """The name of the case's input that the judge's input gets."""
        return str(self.options.get("inputs", {}).get(name, name))

    def _value(self, name: str, case: Case) -> Any:
        """What a case has for an input of the judge; None: nothing.

        Without an input of that name, `expected` is what the case expects, and `question` all that
        the prompt was given.
        """
        source = self._source(name)
        if source in case.inputs:
            return case.inputs[source]
        if source == EXPECTED:
            return case.expected
        if source != QUESTION or not case.inputs:
            return None
        if len(case.inputs) == 1:
            return next(iter(case.inputs.values()))
        return "\n".join(
            f"{key}: {text_of(value)}"
            for key, value in case.inputs.items()
            if not is_attachment(value)
        )

    def _cut(self, text: str) -> str:
        """The text, without its middle where it is too long: the same for every answer."""
        most = int(self.options.get("most_chars", OPTIONS["most_chars"].default))
        if len(text) <= most:
            return text
        half = most // 2
        return f"{text[:half]}\n{_CUT.format(len(text) - 2 * half)}\n{text[-half:]}"


def judge_kind(judge: Judge) -> Kind:
    """The kind of scorer that the judge is."""
    return replace(KIND, judge=judge)


def _unbound(*_: object) -> Score:
    return Score(None, NOT_ASKED)


KIND = Kind(
    JUDGE,
    "What a prompt that judges makes of the answer; it gates only when it is calibrated.",
    _unbound,
    OPTIONS,
    example="judge: {prompt: judges/helpful.prompty, required: false}",
)
"""Stands for all of them in lists; `read_judge` makes that of an entry."""


def read_judge(
    options: Mapping[str, Any], given: Mapping[str, Any], root: Path, where: str
) -> Judge:
    """The judge of a suite's entry, whose options are checked against OPTIONS, in the workspace
    `root`; `given` has those that the suite sets. Raises SuiteError and DraftError.
    """
    if not options["prompt"]:
        raise SuiteError(f"{where}: no prompt", hint="prompt: judges/helpful.prompty")
    try:
        path = WorkspaceFiles(root, root).path_of(options["prompt"])
    except DraftError as error:
        hint = "workbench judge new correctness writes one"
        raise SuiteError(f"{where}: {error.message}", hint=hint) from error
    from workbench.prompts.files.prompty import read_draft

    prompt = read_draft(path, WorkspaceFiles(root, path.parent)).prompt
    kept = {key: options[key] for key in OPTIONS if key in given}
    return _checked(prompt, kept, f"{where}: {options['prompt']}")


def recorded_judge(options: Mapping[str, Any], content: Mapping[str, Any]) -> Judge:
    """A judge as a record has it. Raises SuiteError."""
    prompt = prompt_from_json(str(content["prompt_id"]), content)
    return _checked(prompt, {k: v for k, v in options.items() if k in OPTIONS}, "the record")


def _checked(prompt: Prompt, options: Mapping[str, Any], where: str) -> Judge:
    if prompt.model is None:
        raise SuiteError(f"{where}: it names no model", hint="model: {id: …, provider: …}")
    names = [item.name for item in prompt.inputs]
    shown = _shown(prompt)
    if not set(shown) <= set(names):
        raise SuiteError(
            f"{where}: it has no input {ANSWER!r}, which is the text to be judged",
            hint=f"inputs: [{{name: {ANSWER}, kind: string}}, …]",
        )
    for item in prompt.inputs:
        if item.kind != "string" or item.feature:
            raise SuiteError(f"{where}: the input {item.name} of a judge must be a text")
    from workbench.prompts.templates.templates import Renderer

    try:
        undeclared = Renderer(prompt).names - set(names)
    except TemplateError as error:
        raise SuiteError(f"{where}: {error.message}", hint=error.hint) from error
    if undeclared:
        raise SuiteError(f"{where}: it uses {min(undeclared)!r}, which is none of its inputs")
    for name, source in dict(options.get("inputs", {})).items():
        if name not in names or name in shown or not isinstance(source, str):
            hint = did_you_mean(str(name), names)
            raise SuiteError(f"{where}: inputs: {name!r} is no input to be renamed", hint=hint)
    outputs = prompt.outputs or _usual_outputs(prompt)
    if len(shown) > 1:
        for key in ("passes", "at_least"):
            if key in options:
                raise SuiteError(f"{where}: {key} goes with a judge of one answer")
        return Judge(prompt, pair_rubric_of(outputs, where), options)
    rubric = rubric_of(
        outputs,
        [str(label) for label in options.get("passes", ())],
        options.get("at_least"),
        where,
    )
    return Judge(prompt, rubric, options)


def _shown(prompt: Prompt) -> tuple[str, ...]:
    """The inputs that get answers."""
    names = {item.name for item in prompt.inputs}
    return (FIRST, SECOND) if {FIRST, SECOND} <= names and ANSWER not in names else (ANSWER,)


def _usual_outputs(prompt: Prompt) -> list[Any]:
    return list(PAIR_OUTPUTS if len(_shown(prompt)) > 1 else DEFAULT_OUTPUTS)


def record_options(judge: Judge) -> dict[str, Any]:
    """What is fingerprinted and recorded of a judge as a scorer."""
    return {**judge.options, CONTENT: judge.fingerprint}


def asking_of(scorers: Sequence[Scorer]) -> tuple[AsksModels, ...]:
    """What asks models in a run among these scorers, each once."""
    return tuple(
        one for one in _all_asking(scorers) if not (isinstance(one, Judge) and one.is_pairwise)
    )


def _all_asking(scorers: Sequence[Scorer]) -> tuple[AsksModels, ...]:
    asking = (leaf.kind.judge for scorer in scorers for leaf in scorer.leaves)
    return tuple({each.fingerprint: each for each in asking if each}.values())


def judges_of(scorers: Sequence[Scorer]) -> tuple[Judge, ...]:
    """The judges among these scorers, each once."""
    return tuple(each for each in _all_asking(scorers) if isinstance(each, Judge))
