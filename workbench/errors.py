"""Every error a user can meet.

WorkbenchError
├── UsageError              2  wrong usage or input
│   ├── DraftError             a draft cannot be read
│   ├── TemplateError          a template cannot be compiled or rendered
│   ├── DatasetError           a dataset cannot be read
│   ├── SuiteError             a suite cannot be read
│   │   └── NoSuite               no suite tries a prompt
│   ├── SettingsError          workbench.toml cannot be read
│   ├── UntrustedWorkspace     an untrusted workspace names a host or code to run
│   ├── NotFound               a prompt, version, run or file that does not exist
│   ├── ExtraMissing           an optional part is not installed
│   ├── PluginError            an installed plug-in cannot be used
│   └── CodeError              code of the workspace cannot be read, or may not run
├── ProviderError           4  the provider failed and the run cannot go on
│   └── BatchRefused           a batch was certainly not started
├── RunCutShort             4  a run ended before its gate could decide
├── NotReproducible         4  a part of an evaluation is not to be had any more
├── TargetError                a target of exports did not do what was asked
│   ├── TargetUnreachable   4  no connection, no answer in time, or an error of its own
│   ├── TargetRefused       2  a wrong key or address, or something that it does not take
│   └── TargetConflict      5  it has the version with other content, or is ahead
└── RegistryError           5  the registry refused (also a ValueError)
    ├── PromptInputError  2  messages() lacks an input or does not know it (also a TemplateError)
    ├── NotInRegistry     2  a prompt, version or environment that it does not have (also NotFound)
    ├── GateRefused          no current passing evaluation, or a rule of the environment
    ├── RulesLoosened        rules that let more through, without a reason
    ├── StaleHead            somebody else deployed meanwhile
    ├── RegistryLocked       another process is writing
    └── RegistryUnusable     missing, damaged, read-only, full, newer, or another program's file
        └── OlderSchema          of an earlier release, until a writer migrates it
"""

from __future__ import annotations

EXIT_DONE = 0
EXIT_GATE_FAILED = 1
EXIT_LINT = 1
"""Lint found something."""
EXIT_USAGE = 2
EXIT_NO_DECISION = 3
EXIT_INCOMPLETE = 4
EXIT_REFUSED = 5
EXIT_INTERRUPTED = 130


class WorkbenchError(Exception):
    """What happened and where, in one line; `hint` says what to do."""

    exit_code = EXIT_USAGE

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message


class UsageError(WorkbenchError):
    """Wrong usage or input: nothing was changed."""


class DraftError(UsageError):
    """A draft cannot be read as a prompt."""


class TemplateError(UsageError):
    """A template cannot be compiled, or not be rendered with these inputs."""


class DatasetError(UsageError):
    """A dataset cannot be read, or a case does not fit the prompt."""


class SuiteError(UsageError):
    """A suite cannot be read."""


class TooManyCases(SuiteError):
    """More cases would decide than evidence keeps."""


class NoSuite(SuiteError):
    """No suite tries a prompt."""


class SettingsError(UsageError):
    """The settings file has an unknown key or a wrong value."""


class UntrustedWorkspace(UsageError):
    """Settings of a workspace that its user has not trusted name a host or code to run."""


class NotFound(UsageError):
    """A prompt, version, run or file that does not exist."""


class ExtraMissing(UsageError):
    """An optional part of the package is not installed."""


class PluginError(UsageError):
    """An installed plug-in cannot be imported, lacks a method, or has another one's name."""


class CodeError(UsageError):
    """A Python file of the workspace cannot be read or loaded, or its hash is not allowed."""


class ProviderError(WorkbenchError):
    """The provider failed in a way that no retry can fix; `calls` is the number of calls made."""

    exit_code = EXIT_INCOMPLETE
    calls = 1
    parameter = ""
    """The request's parameter that it refuses, by the API's name."""


class BatchRefused(ProviderError):
    """A batch was not started and will not be billed."""


class RunCutShort(WorkbenchError):
    """A run ended before all its cases were run, so it decides nothing."""

    exit_code = EXIT_INCOMPLETE


class NotReproducible(WorkbenchError):
    """A part of an evaluation is not to be had any more; no call was made."""

    exit_code = EXIT_INCOMPLETE


class TargetError(WorkbenchError):
    """A target of exports did not do what was asked of it."""


class TargetUnreachable(TargetError):
    """The target could not be reached, did not answer in time, or failed; a later try may help."""

    exit_code = EXIT_INCOMPLETE

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        may_have_committed: bool = False,
        retry: bool = True,
    ) -> None:
        super().__init__(message, hint=hint)
        self.may_have_committed = may_have_committed
        """Whether the target may have done what was asked: it must be read back before a retry."""
        self.retry = retry
        """Whether it is tried again in the same call; false where the target's client did that."""


class TargetRefused(TargetError):
    """The target refused: a wrong key or address, or something that it does not take."""


class TargetConflict(TargetError):
    """The target has the version with other content, or a newer one that is not ours."""

    exit_code = EXIT_REFUSED

    def __init__(self, message: str, *, hint: str = "", diff: tuple[str, ...] = ()) -> None:
        super().__init__(message, hint=hint)
        self.diff = diff
        """Lines of a unified diff from our content to theirs."""


class RegistryError(WorkbenchError, ValueError):
    """The registry refused; nothing was changed."""

    exit_code = EXIT_REFUSED


class PromptInputError(TemplateError, RegistryError):
    """A prompt was rendered without a needed input, or with an unknown one."""

    exit_code = EXIT_USAGE


class NotInRegistry(NotFound, RegistryError):
    """A prompt, version or environment that the registry does not have."""

    exit_code = EXIT_USAGE


class GateRefused(RegistryError):
    """The evidence or a rule of the environment does not allow this deployment."""


class RulesLoosened(RegistryError):
    """Rules would let more through than those in force, without a reason."""

    def __init__(self, changes: tuple[object, ...]) -> None:
        super().__init__(
            "this would let more through than the rules in force: " + "; ".join(map(str, changes)),
            hint="workbench rules apply --reason TEXT, or undo the change",
        )
        self.changes = changes
        """The loosened rules, as RuleChanges of the registry."""


class StaleHead(RegistryError):
    """Somebody else deployed after the deployer looked; `diff` has the changed lines."""

    def __init__(self, message: str, *, hint: str = "", diff: tuple[str, ...] = ()) -> None:
        super().__init__(message, hint=hint)
        self.diff = diff


class RegistryLocked(RegistryError):
    """Another process is writing, and it did not finish in time."""


class RegistryUnusable(RegistryError):
    """The file is missing, damaged, read-only, full, newer than this program, or not a registry."""


class OlderSchema(RegistryUnusable):
    """The file has an older schema; the first writer migrates it."""
