"""What a try says, for both faces: one line about it, and its texts to read and to compare."""

from __future__ import annotations

from workbench.present import numbers
from workbench.present.case_values import readable_inputs
from workbench.prompts.files.prompty import write_prompty
from workbench.runs.tries.values import Try, TryRow


def about(row: TryRow) -> str:
    """Which prompt on which model, how it ended, and what it took."""
    took = [
        numbers.seconds(row.latency_s),
        f"{numbers.tokens(row.prompt_tokens)} + {numbers.tokens(row.completion_tokens)} tokens",
        numbers.money(row.cost_usd),
    ]
    outcome = row.outcome.value.replace("_", " ")
    return " · ".join([f"{row.prompt_id} ({row.label})", model_of(row), outcome, *took])


def model_of(row: TryRow) -> str:
    """`provider/model`."""
    return f"{row.provider}/{row.model}" if row.provider else row.model


def case_of(row: TryRow) -> str:
    """Which case was asked, and what was made of it since."""
    at = f"{row.case_id} of {row.suite}" if row.suite else f"{row.case_id}, typed"
    return f"{at}, now case {row.became}" if row.became else at


def inputs_text(tried: Try) -> str:
    """The inputs, each under its name."""
    parts = [f"{name}:\n{value}" for name, value in readable_inputs(tried.case).items()]
    return "\n".join(parts)


def answer_text(tried: Try) -> str:
    """The answer, or why there is none."""
    answer = tried.answer
    return "\n".join(part for part in (answer.text, answer.error, answer.note) if part)


def prompt_texts(a: Try, b: Try) -> tuple[str, str]:
    """Two prompts to compare: the drafts as they were written, else as a draft would have them."""
    if a.draft is not None and b.draft is not None:
        return a.draft, b.draft
    return write_prompty(a.prompt), write_prompty(b.prompt)
