"""Instructions that contradict each other are found, and what only looks like it is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import DraftError
from workbench.prompts.files.prompty import parse_prompty
from workbench.prompts.lint.lint import lint
from workbench.prompts.lint.rules import CONFLICT

HEAD = "---\nname: p\nmodel: {id: m, options: {maxOutputTokens: 400}}\n"


def conflicts(body: str, front: str = "") -> list[str]:
    text = f"{HEAD}{front}---\nsystem:\n{body}\n\nuser:\nGo.\n"
    first = 5 + front.count("\n")
    return [
        f"{(finding.line or 0) - first}: {finding.message}"
        for finding in lint(text, parse_prompty(text))
        if finding.rule is CONFLICT
    ]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("Answer in JSON.\nRespond only in XML.", "this asks for XML, and line 6 asks for JSON"),
        ("Always return valid JSON.\nPlease answer in plain text.", "this asks for plain text"),
        ("Your answer must be JSON.\nDo not use JSON.", "this asks for no JSON"),
        ("- Use bullet points.\n- Never use bullet points.", "this asks for no bullet points"),
        ("Avoid emojis.\nUse emojis.", "this asks for emojis, and line 6 asks for no emojis"),
        ("Answer in English.\nAlways reply in German.", "this asks for German"),
        ("Answer only in French.\nAnswer in the same language as the user.", "reader's language"),
        ("Do not explain your answer.\nExplain your reasoning.", "this asks for an explanation"),
        ("Answer with a single word only.\nInclude a short explanation.", "an explanation"),
        ("Be brief.\nGive a detailed answer.", "this asks for a detailed answer"),
        ("Keep your answer short.\nAnswer in great detail.", "this asks for a detailed answer"),
        ("Use a formal tone.\nUse a casual tone.", "this asks for informal"),
        ("Answer in lower case.\nWrite in upper case.", "this asks for upper case"),
        ("Do not ask any questions.\nAsk a clarifying question.", "this asks for questions"),
        ("Answer in at most 50 words.\nWrite at least 100 words.", "this asks for at least 100"),
        ("Answer in one sentence.\nUse exactly two sentences.", "this asks for 2 sentences"),
        ("Answer in a single sentence.\nWrite three paragraphs.", "this asks for 3 paragraphs"),
        ("Use 2 to 3 sentences.\nUse no more than one sentence.", "this asks for at most 1 sent"),
        ("Keep the summary under 20 words.\nThe summary should be at least 30 words.", "30 words"),
        (
            "Write at least 500 words.",
            "at least 500 words, and an answer may have 400 tokens",
        ),
        ("**Format:** Answer in JSON.\n1. Then respond in YAML.", "this asks for YAML"),
    ],
)
def test_a_contradiction_is_told_on_the_line_of_the_second(body: str, message: str) -> None:
    (finding,) = conflicts(body)
    assert message in finding
    assert finding.startswith(f"{body.count(chr(10)) + 1}: ")


def test_the_line_is_that_of_the_second_instruction() -> None:
    assert conflicts("Answer in JSON.\n\nBe kind.\nRespond in XML.") == [
        "4: this asks for XML, and line 6 asks for JSON"
    ]
    assert conflicts("Be kind. Answer in JSON.\nit is\nfor a tool. Respond\nin XML.")[0][0] == "3"
    wrapped = "Your readers are programs of a team in another building. Always answer in\nJSON."
    assert conflicts(f"{wrapped} Be kind.\nAnswer in XML.") == [
        "3: this asks for XML, and line 6 asks for JSON"
    ]


@pytest.mark.parametrize(
    "body",
    [
        "Answer in JSON.\nThe field `notes` is written in Markdown.",
        "Answer in JSON.\nIf the user asks for it, answer in XML.",
        "Answer in JSON, not in XML.",
        "Convert the XML to JSON.\nReturn JSON only.",
        "{% if short %}Answer in one word.{% else %}Explain your reasoning.{% endif %}",
        "{% if a %}Answer in JSON.{% endif %}\nAnswer in XML.",
        "Think step by step. Then answer with one word only.",
        "Be concise but thorough.",
        "Be brief. Read the ticket in great detail.",
        "Give each item a title of at most 5 words.\nWrite at least 50 words.",
        "Write a summary of at most 50 words.\nWrite an explanation of at least 100 words.",
        "Use bullet points for lists.\nDo not use bullet points in the summary.",
        "Never use jargon when talking to children.\nUse jargon.",
        'The user may say "answer in French". Answer in English.',
        "Translate English to French.\nAnswer in French.",
        "The text is in English. Answer in German.",
        "```\nAnswer in XML.\n```\nAnswer in JSON.",
        "Example:\nAnswer in XML.\n\nAnswer in JSON.",
        "# Examples\nRespond in XML.\n\n# Rules\nRespond in JSON.",
        "<example>\nRespond in XML.\n</example>\nRespond in JSON.",
        "Answer in JSON.\nAnswer in JSON.",
        "Use at most 3 sentences.\nUse at most 50 words.",
        "Write 2 paragraphs of 3 sentences each.\nUse at most 4 sentences in the first.",
        "Answer in {{ language }}.\nAnswer in English.",
        "Do not include links to tables.\nInclude tables.",
        "Explain nothing else.",
        "Answer with the queue and nothing else.\nIf it is unclear, explain why.",
    ],
)
def test_what_holds_together_is_left_alone(body: str) -> None:
    front = "inputs: [short, a, language]\n"
    assert conflicts(body, front) == []


def test_the_output_schema_is_an_instruction_too() -> None:
    front = "outputs: [{name: queue, kind: string}]\n"
    assert conflicts("Answer in XML.", front) == ["1: this asks for XML, and outputs is for JSON"]
    assert conflicts("Answer in JSON.", front) == []
    assert conflicts("Do not use JSON.", front)[0].startswith("1: this asks for no JSON")


def test_examples_of_the_assistant_are_no_instructions() -> None:
    text = f"{HEAD}---\nsystem:\nAnswer in JSON.\n\nassistant:\nAnswer in XML.\n\nuser:\nGo.\n"
    assert [f for f in lint(text, parse_prompty(text)) if f.rule is CONFLICT] == []


@given(st.text(alphabet='answer in JSON.\n-{}%`"#', max_size=200))
def test_no_text_makes_the_rules_fail(body: str) -> None:
    text = f"{HEAD}---\nsystem:\nAnswer in XML.\n\nuser:\n{body}"
    try:
        prompt = parse_prompty(text)
    except DraftError:
        return
    lint(text, prompt)
