"""A function of workspace code with one process for all that call it."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any

from workbench.child_process.allowed import opened
from workbench.child_process.process import LIMITS, CallFailed, ChildProcess, Limits
from workbench.child_process.source import Source

KEPT = 1_000
"""Number of results that are kept, so that the same question is asked once."""


class SharedCode:
    """The process lives from the first `open` to the last `close`; without one, for each call."""

    def __init__(
        self,
        source: Source,
        function: str,
        limits: Limits = LIMITS,
        *,
        arguments: int | None = None,
        options: Mapping[str, Any] | None = None,
        kept: int = KEPT,
    ) -> None:
        """`kept`: how many results are remembered."""
        self.source = source
        self.function = function
        self.declared: tuple[str, ...] = ()
        """Restrictions that this system does not enforce; known after `open`."""
        self._limits = limits
        self._arguments = arguments
        self._options = options
        self._most = kept
        self._process: ChildProcess | None = None
        self._users = 0
        self._lock = threading.RLock()
        self._kept: OrderedDict[str, Any] = OrderedDict()

    def open(self) -> None:
        """Start the process, unless somebody did. Raises CodeNotAllowed, or CodeError for code that
        cannot be loaded.
        """
        with self._lock:
            if self._process is None:
                process = opened(
                    self.source,
                    self.function,
                    self._limits,
                    arguments=self._arguments,
                    options=self._options,
                )
                process.start()
                self._process, self.declared = process, process.declared
            self._users += 1

    def close(self) -> None:
        """End the process, if nobody else uses it."""
        with self._lock:
            self._users -= 1
            if self._users == 0 and self._process is not None:
                self._process.close()
                self._process = None

    def result(self, *arguments: Any) -> Any:
        """The function's result. Raises CallFailed, and what `open` raises."""
        (result,) = self.results([arguments])
        if isinstance(result, CallFailed):
            raise CallFailed(str(result), result.printed)
        return result

    def results(self, calls: Sequence[Sequence[Any]]) -> list[Any]:
        """The results of several calls in their order, a CallFailed for each that has none."""
        keys = [json.dumps(list(arguments), allow_nan=False) for arguments in calls]
        self.open()
        try:
            with self._lock:
                assert self._process is not None
                new = list(dict.fromkeys(key for key in keys if key not in self._kept))
                made = dict(zip(new, self._process.call_encoded(new), strict=True))
                results = [made[key] if key in made else self._kept[key] for key in keys]
                self._keep(made)
        finally:
            self.close()
        return results

    def _keep(self, made: Mapping[str, Any]) -> None:
        self._kept.update(made)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)
