"""workbench.toml: unknown keys are errors, secrets are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.errors import SettingsError
from workbench.settings import LOCAL, Settings, read_settings

WHOLE = """\
[workspace]
author = "ana"
theme = "dark"
confirm_above = 2

[providers.openai]
base_url = "https://api.openai.com/v1"
api_key_env = "OPENAI_API_KEY"
requests_per_minute = 60

[environments.production]
requires = ["support_triage"]
approvals = 1
from = "staging"

[environments.canary]
max_age_days = 30

[targets.mlflow]
kind = "mlflow"
uri = "sqlite:///mlflow.db"

[keys]
"app.start" = "f6"
"app.help" = ["f1", "h"]
"""


def settings_of(folder: Path, text: str | bytes) -> Settings:
    path = folder / "workbench.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_settings(path)


def test_a_whole_file_is_read(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, WHOLE)
    assert (settings.author, settings.theme, settings.confirm_above_usd) == ("ana", "dark", 2.0)
    openai = settings.provider("openai")
    assert openai.base_url == "https://api.openai.com/v1"
    assert openai.api_key_env == "OPENAI_API_KEY"
    assert openai.requests_per_minute == 60
    production = settings.environments["production"]
    assert production.requires == ("support_triage",)
    assert (production.approvals, production.promote_from) == (1, "staging")
    assert list(settings.environments) == ["development", "staging", "production", "canary"]
    assert settings.targets["mlflow"].uri == "sqlite:///mlflow.db"
    assert settings.keys == {"app.start": "f6", "app.help": "f1,h"}


def test_without_a_file_there_are_three_environments_and_the_local_provider(tmp_path: Path) -> None:
    settings = read_settings(tmp_path / "none.toml")
    assert list(settings.environments) == ["development", "staging", "production"]
    assert settings.environments["development"].untested
    assert not settings.environments["production"].untested
    assert settings.provider(LOCAL).is_embedded


def test_a_byte_order_mark_is_dropped(tmp_path: Path) -> None:
    assert settings_of(tmp_path, b"\xef\xbb\xbf" + WHOLE.encode()).author == "ana"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[workspce]", "did you mean 'workspace'?"),
        ("[workspace]\nauthr = 'a'", "did you mean 'author'?"),
        ("[workspace]\nauthor = 5", "author must be a text, not 5"),
        ("[workspace]\nconfirm_above = -1", "confirm_above must be a number, 0 or more, not -1"),
        ("[workspace]\nconfirm_above = inf", "confirm_above must be a number, 0 or more, not inf"),
        ("[workspace]\nconfirm_above = nan", "confirm_above must be a number, 0 or more, not nan"),
        (
            "[workspace]\nconfirm_above = true",
            "must be a number, 0 or more, not True",
        ),
        ("workspace = 5", "workspace must be a table"),
        ("[providers]\nopenai = 5", "providers.openai must be a table, not 5"),
        ("[providers.o]\nbase_ulr = ''", "did you mean 'base_url'?"),
        (
            "[providers.o]\nrequests_per_minute = -1",
            "requests_per_minute must be a whole number, 0 or more, not -1",
        ),
        ("[environments.production]\nrequires = 'x'", "requires must be a list"),
        (
            "[environments.production]\nrequires = [1]",
            "requires[0] must be a text, not 1",
        ),
        ("[environments.production]\nfrom = 'stagin'", "did you mean 'staging'?"),
        ("[environments.production]\nfrom = 'production'", "it promotes from itself"),
        (
            "[environments.production]\napprovals = -1",
            "approvals must be a whole number, 0 or more, not -1",
        ),
        ("[environments.'Prod 1']", "is no name for an environment"),
        ("[providers.o]\nchat_template = 'chatml'", "chat_template cannot be 'chatml'"),
        ("[environments.production]\nanswers = 'old'", "answers cannot be 'old'"),
        ("[environments.production]\nendpoints = ['x y']", "has 'x y', which is no address"),
        ("[targets.t]\nknd = 'x'", "did you mean 'kind'?"),
        ("[targets.t]\noptions = 5", "options must be a table"),
        ("[targets.t.options]\nsince = 2026-01-01", "options cannot hold a date"),
        ("[providers.o]\nknd = 'x'", "did you mean 'kind'?"),
        ("[keys]\na = 5", "a key or a list of keys"),
        ("a = \nb = 1", "line 1"),
        (b"\xff\xfe", "workbench.toml"),
    ],
)
def test_what_is_wrong_is_named_with_the_file(
    tmp_path: Path, text: str | bytes, message: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        settings_of(tmp_path, text)
    assert message in str(caught.value)
    assert "workbench.toml" in caught.value.message


@pytest.mark.parametrize(
    "text",
    [
        "[providers.o]\napi_key = 'sk-canary-secret-1'",
        "[providers.o]\napi_key_env = 'sk-canary-secret-1'",
        "[targets.t.options]\nkey = 'sk-canary1canary1canary1'",
        "[providers.o.options]\nurl = 'https://ana:canary-1@host/'",
        "[targets.t]\nkind = 'postgres'\nuri = 'postgres://ana:canary-secret-1@db/x'",
    ],
)
def test_a_secret_in_the_file_is_refused_and_not_repeated(tmp_path: Path, text: str) -> None:
    with pytest.raises(SettingsError) as caught:
        settings_of(tmp_path, text)
    assert "must not stand in the file" in str(caught.value)
    assert "canary" not in str(caught.value)


def test_an_unknown_provider_is_named_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="did you mean 'openai'"):
        settings_of(tmp_path, WHOLE).provider("opnai")


def test_what_cannot_be_read_is_an_error_of_ours(tmp_path: Path) -> None:
    (tmp_path / "workbench.toml").mkdir()
    with pytest.raises(SettingsError, match="directory"):
        read_settings(tmp_path / "workbench.toml")
