"""When models retire, as their providers announced it: known without a call.

The list is as of READ. An endpoint's own list (`shutdown_date`) takes precedence, see
`workbench doctor --probe`.
"""

from __future__ import annotations

import re
from datetime import date
from urllib.parse import urlsplit

from workbench.settings import ProviderSettings

READ = date(2026, 11, 27)
_DATED = r"(-\d{4}-\d{2}-\d{2})?"
_OPENAI = (
    (re.compile(rf"gpt-5(-mini|-nano)?{_DATED}"), date(2026, 12, 11)),
    (re.compile(rf"o3{_DATED}"), date(2026, 12, 11)),
    (re.compile(rf"gpt-4o(-mini)?{_DATED}"), date(2027, 1, 14)),
    (re.compile(rf"gpt-4\.1(-mini|-nano)?{_DATED}"), date(2027, 1, 14)),
)
_ANNOUNCED = {"api.openai.com": _OPENAI}


def announces(provider: ProviderSettings) -> bool:
    """Whether something is known of this endpoint's models."""
    return urlsplit(provider.base_url).hostname in _ANNOUNCED


def retires_on(provider: ProviderSettings, model_id: str) -> date | None:
    """The day on which the endpoint stops to answer as this model; None: none is known."""
    known = _ANNOUNCED.get(urlsplit(provider.base_url).hostname or "", ())
    return next((day for pattern, day in known if pattern.fullmatch(model_id)), None)
