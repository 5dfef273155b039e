"""The kind `local`: a small model in a child process, the packaged one or another GGUF file."""

from __future__ import annotations

from collections.abc import Mapping

from workbench.providers.base import Provider, ProviderKind
from workbench.settings import LOCAL, ProviderSettings
from workbench.typed_options import Option


class LocalKind:
    """See `ProviderKind`."""

    summary = "A model on this machine: the packaged one, or the GGUF file in model_path."
    options: Mapping[str, Option] = {}

    def open(self, settings: ProviderSettings, environ: Mapping[str, str]) -> Provider:
        """Raises ExtraMissing when neither the extra nor a model file is there."""
        from workbench.providers.embedded.local import LocalModel

        del environ
        return LocalModel(settings)


KINDS: Mapping[str, ProviderKind] = {LOCAL: LocalKind()}
