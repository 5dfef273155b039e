"""Register, evaluate, deploy, roll back, revoke, approve, reopen: against a plain model.

The model keeps a stack of what is live: a deploy puts a version on top, a rollback takes off
everything above the one it returns to.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    precondition,
    rule,
)

from tests.registry.making import build_evidence
from tests.support.examples import examples
from workbench.errors import RegistryError, RulesLoosened
from workbench.registry import PromptRegistry, PromptVersion
from workbench.settings import EnvironmentSettings

GUARDED, OPEN = "production", "staging"
ENVIRONMENTS = (GUARDED, OPEN)
PEOPLE = ("ana", "bob")
FAST = settings(
    max_examples=examples(30),
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


class Machine(RuleBasedStateMachine):
    """One prompt, two environments; production wants a second person's approval."""

    versions = Bundle("versions")

    @initialize()
    def begin(self) -> None:
        self.folder = TemporaryDirectory()
        self.path = Path(self.folder.name) / "registry.db"
        self.registry = PromptRegistry(self.path, create=True)
        self.registry.set_environment(EnvironmentSettings(GUARDED, approvals=1), "ana")
        self.dataset = 0
        self.count = 0
        self.evaluations: dict[str, list[tuple[int, bool]]] = {}
        self.revoked: set[str] = set()
        self.approved: set[str] = set()
        self.left: dict[str, set[str]] = {name: set() for name in ENVIRONMENTS}
        self.stack: dict[str, list[str]] = {name: [] for name in ENVIRONMENTS}
        self.off: dict[str, bool] = dict.fromkeys(ENVIRONMENTS, False)

    # The model

    def tested(self, number: str) -> bool:
        current = [
            ok for dataset, ok in self.evaluations.get(number, []) if dataset == self.dataset
        ]
        return bool(current) and current[-1]

    def live(self, where: str) -> str | None:
        return self.stack[where][-1] if self.stack[where] and not self.off[where] else None

    def may_deploy(self, number: str, where: str, who: str, again: bool) -> bool:
        if number in self.revoked:
            return False
        if self.live(where) == number:
            return True
        if number in self.left[where] and not again:
            return False
        if where == GUARDED and (number not in self.approved or who == "bob"):
            return False
        return self.tested(number)

    def target(self, where: str) -> str | None:
        stack = self.stack[where] if self.off[where] else self.stack[where][:-1]
        return next((number for number in reversed(stack) if number not in self.revoked), None)

    # What can happen

    @rule(target=versions)
    def register(self) -> object:
        self.count += 1
        number = f"1.{self.count}.0"
        self.registry.register(PromptVersion("p", number, f"text {number}", author="ana"))
        with pytest.raises(RegistryError):
            self.registry.register(PromptVersion("p", number, "another", author="ana"))
        with pytest.raises(RegistryError):
            self.registry.register(PromptVersion("p", f"9.{self.count}.0", f"text {number}"))
        return number

    @rule(number=versions, passes=st.sampled_from([True, True, False]))
    def evaluate(self, number: str, passes: bool) -> None:
        version = self.registry.get_version("p", number)
        self.registry.record_evaluation(
            build_evidence(version, scores=(float(passes),) * 20, dataset=f"dataset {self.dataset}")
        )
        self.evaluations.setdefault(number, []).append((self.dataset, passes))

    @rule(target=versions, where=st.sampled_from(ENVIRONMENTS))
    def release(self, where: str) -> object:
        """The whole way at once, so that there is much to roll back."""
        number = self.register()
        assert isinstance(number, str)
        self.evaluate(number, True)
        self.approve(number)
        self.deploy(number, where, "ana", False)
        assert self.live(where) == number
        return number

    @precondition(lambda self: self.dataset < 2 and any(self.evaluations.values()))
    @rule()
    def change_the_dataset(self) -> None:
        self.dataset += 1
        parts = build_evidence(PromptVersion("p", "0.0.1", "x"), dataset=f"dataset {self.dataset}")
        what = (parts.suite_parts, parts.policy)
        with pytest.raises(RulesLoosened):
            self.registry.publish_suite("p", "quality", *what, "ana")
        self.registry.publish_suite("p", "quality", *what, "ana", reason="other cases")
        self.registry.approve_rules("bob")

    @rule(number=versions, where=st.sampled_from(ENVIRONMENTS), who=st.sampled_from(PEOPLE),
          again=st.booleans())  # fmt: skip
    def deploy(self, number: str, where: str, who: str, again: bool) -> None:
        allowed = self.may_deploy(number, where, who, again)
        was_live = self.live(where) == number
        options = {"again": again, "reason": "because" if again else ""}
        if not allowed:
            with pytest.raises(RegistryError):
                self.registry.deploy("p", number, where, who, **options)  # type: ignore[arg-type]
            return
        done = self.registry.deploy("p", number, where, who, **options)  # type: ignore[arg-type]
        assert done.version == number
        if not was_live:
            self.stack[where].append(number)
            self.off[where] = False
            self.left[where].discard(number)

    @rule(where=st.sampled_from(ENVIRONMENTS))
    def roll_back(self, where: str) -> None:
        target, before = self.target(where), self.live(where)
        if target is None:
            with pytest.raises(RegistryError, match="No previous version"):
                self.registry.rollback("p", where, "bob")
            return
        assert self.registry.preview_rollback("p", where).to_version == target
        done = self.registry.rollback("p", where, "bob", reason="worse")
        assert (done.version, done.previous_version) == (target, before)
        stack = self.stack[where] if self.off[where] else self.stack[where][:-1]
        while stack[-1] != target:
            stack.pop()
        self.stack[where], self.off[where] = stack, False
        if before is not None:
            self.left[where].add(before)
            if where == GUARDED:
                self.approved.discard(before)

    @rule(where=st.sampled_from(ENVIRONMENTS))
    def retire(self, where: str) -> None:
        if self.live(where) is None:
            with pytest.raises(RegistryError, match="nothing of p is live"):
                self.registry.retire("p", where, "ana", "enough")
            return
        self.registry.retire("p", where, "ana", "enough")
        self.off[where] = True

    @rule(number=consumes(versions))
    def revoke(self, number: str) -> None:
        self.registry.revoke("p", number, "ana", "harmful")
        self.revoked.add(number)

    @rule(number=versions)
    def approve(self, number: str) -> None:
        with pytest.raises(RegistryError, match="cannot approve"):
            self.registry.approve("p", number, GUARDED, "ana")
        self.registry.approve("p", number, GUARDED, "bob")
        self.approved.add(number)

    @rule()
    def crash_and_reopen(self) -> None:
        """Left as a killed process leaves it: nothing is closed or checkpointed."""
        self.abandoned = getattr(self, "abandoned", [])
        self.abandoned.append(self.registry)
        self.registry = PromptRegistry(self.path)

    # What always holds

    @invariant()
    def what_is_live_is_what_the_model_says(self) -> None:
        if not hasattr(self, "registry"):
            return
        for where in ENVIRONMENTS:
            expected = self.live(where)
            if expected is None:
                assert self.registry.get_active("p", where) is None
                continue
            prompt = self.registry.get_active("p", where)
            assert (prompt.version, prompt.source) == (expected, "registry")
            assert prompt.revoked is (expected in self.revoked)

    def teardown(self) -> None:
        if not hasattr(self, "registry"):
            return
        report = self.registry.verify()
        for opened in (self.registry, *getattr(self, "abandoned", [])):
            opened.close()
        self.folder.cleanup()
        assert report.findings == ()


TestRegistryAgainstAModel = Machine.TestCase
TestRegistryAgainstAModel.settings = FAST
