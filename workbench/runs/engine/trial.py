"""One answer for one case, for use while a draft is edited."""

from __future__ import annotations

from collections.abc import Callable

from workbench.datasets.features import FeatureInputs
from workbench.datasets.fit import checked_inputs
from workbench.datasets.values import Case
from workbench.errors import ProviderError
from workbench.prompts.templates.templates import Renderer
from workbench.prompts.values import Prompt
from workbench.providers.base import Answer, Provider
from workbench.providers.options import build_request, with_remedy
from workbench.runs.engine.sent_files import check_takes_files, with_files
from workbench.runs.engine.tool_rounds import ToolRounds

TIMEOUT_S = 60.0


async def try_case(
    prompt: Prompt,
    case: Case,
    provider: Provider,
    *,
    on_text: Callable[[str], None] | None = None,
) -> Answer:
    """One answer, streamed to `on_text` piece by piece, without retries; nothing is stored. The
    tools that it calls say what the case records.

    Raises TemplateError when the prompt cannot be rendered with the case, ProviderError for a wrong
    key, an unknown model or an exhausted quota.
    """
    features = FeatureInputs(prompt)
    with features.opened():
        case = features.case(case)
    inputs = checked_inputs(prompt, case.inputs)
    check_takes_files(provider, prompt, [case])
    rounds = ToolRounds(case, build_request(prompt, Renderer(prompt).render(inputs)))
    while True:
        sent = with_files(rounds.request)
        if isinstance(sent, Answer):
            return rounds.whole(sent)
        try:
            answer = await provider.answer(sent, timeout_s=TIMEOUT_S, on_text=on_text)
        except ProviderError as error:
            raise with_remedy(error, prompt) from error
        if not rounds.goes_on(answer):
            return rounds.whole(answer)
