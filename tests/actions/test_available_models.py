"""Which models of an evaluation are not to be had any more, by a list and what was announced."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pytest

from workbench.actions.proving.available import model_problem
from workbench.prompts.values import Model
from workbench.settings import ProviderSettings

TODAY = date(2027, 2, 1)
OPENAI = ProviderSettings("openai", base_url="https://api.openai.com/v1")
OTHER = ProviderSettings("own", base_url="http://127.0.0.1:1/v1")
AZURE = ProviderSettings("azure", kind="azure", base_url="https://x.openai.azure.com/openai/v1")


@pytest.mark.parametrize(
    ("settings", "model", "listed", "problem"),
    [
        (OPENAI, "gpt-4.1", {}, "retired on 2027-01-14"),
        (OPENAI, "gpt-4.1", {"gpt-4.1": None, "gpt-9": None}, ""),
        (OPENAI, "gpt-4.1", {"gpt-4.1": date(2027, 3, 1), "gpt-9": None}, ""),
        (OPENAI, "gpt-9", {"gpt-9": TODAY, "a": None}, "retired on 2027-02-01"),
        (OPENAI, "gpt-9", {"a": None, "b": None}, "not among the 2 models that openai lists"),
        (OTHER, "llama3", {"llama3:latest": None, "b": None}, ""),
        (OTHER, "Llama3:latest", {"llama3": None, "b": None}, ""),
        (OTHER, "gemini-9", {"models/gemini-9": None, "models/b": None}, ""),
        (OTHER, "lab/m:free", {"lab/m": None, "b": None}, ""),
        (OTHER, "any-name", {"the-only-one": None}, ""),
        (OTHER, "gpt-4.1", {}, ""),
        (AZURE, "our-deployment", {"gpt-4.1": None, "gpt-9": None}, ""),
    ],
)
def test_a_list_counts_before_what_was_announced(
    settings: ProviderSettings, model: str, listed: Mapping[str, date | None], problem: str
) -> None:
    told = model_problem(Model(model, settings.name), settings, listed, TODAY)
    assert problem in told if problem else told == ""
