"""Language, personal data, SQL, and nearness in meaning."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from tests.scorers.families.judged import judged, value
from workbench.errors import SuiteError
from workbench.scorers.catalog import make_scorer
from workbench.scorers.families.contents import _PATTERNS


@pytest.mark.parametrize(
    ("text", "options", "score"),
    [
        ("SELECT a, b FROM t WHERE a > 1", {}, 1.0),
        ("select 1;", {}, 1.0),
        ("WITH x AS (SELECT 1) SELECT * FROM x", {}, 1.0),
        ("UPDATE t SET a = 1; DELETE FROM t", {}, 1.0),
        ("CREATE TABLE t (a INT)", {}, 1.0),
        ("DROP TABLE t", {}, 1.0),
        ("SELECT * FROM", {}, 0.0),
        ("SELECT '", {}, 0.0),
        ("hello world", {}, 0.0),
        ("42", {}, 0.0),
        ("-- nothing", {}, 0.0),
        ("EXPLODE TABLE t", {}, 0.0),
        ("SELECT " + "(" * 5000 + "1" + ")" * 5000, {}, 0.0),
        ("SELECT 1", {"only": ["select"]}, 1.0),
        ("DELETE FROM t", {"only": ["select"]}, 0.0),
        ("SELECT 1; DROP TABLE t", {"only": ["select"]}, 0.0),
        ("SELECT a::int FROM t", {"dialect": "postgres"}, 1.0),
        ("WITH x AS (DELETE FROM t RETURNING *) SELECT * FROM x", {"only": ["select"]}, 0.0),
        ("WITH x AS (SELECT 1) SELECT * FROM x", {"only": ["select"]}, 1.0),
        ("SELECT * INTO y FROM x", {"only": ["select"]}, 0.0),
        ("INSERT INTO t SELECT * FROM x", {"only": ["insert"]}, 1.0),
        ("TRUNCATE TABLE t", {"only": ["truncate"]}, 1.0),
    ],
)
def test_sql(text: str, options: dict[str, Any], score: float) -> None:
    assert value("sql", text, **options) == score


def test_sql_warns_nobody_and_refuses_an_unknown_dialect(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert value("sql", "SHOW TABLES") == 0.0
    assert not caplog.records
    with pytest.raises(SuiteError, match="dialect: Unknown dialect 'postgers'"):
        make_scorer("sql", {"dialect": "postgers"}, "suite.yaml")
    with pytest.raises(SuiteError, match="only: no statement 'selct'; one of select, insert"):
        make_scorer("sql", {"only": ["selct"]}, "suite.yaml")


@pytest.mark.exhaustive(keep=4)
@pytest.mark.parametrize(
    ("text", "expected", "languages", "score"),
    [
        ("Ihre Rückerstattung ist unterwegs und kommt am Montag an.", None, ["de"], 1.0),
        ("Your refund is on its way and arrives on Monday.", None, ["de"], 0.0),
        ("Your refund is on its way and arrives on Monday.", "en", [], 1.0),
        ("Votre remboursement est en route et arrivera lundi.", ["de", "fr"], [], 1.0),
        ("42", None, ["en"], None),
        ("Ja", None, ["de"], None),
        ("Заказ опаздывает", None, ["ru"], 1.0),
        ("Это русский текст.", None, ["de", "en"], 0.0),
        ("Your refund is on its way.", None, [], None),
    ],
)
def test_language(text: str, expected: Any, languages: list[str], score: float | None) -> None:
    assert value("language", text, expected, languages=languages) == score


SHORT = {
    "en": "Yes|Thank you|The order is late|Your invoice was sent yesterday",
    "de": "Ja|Vielen Dank|Die Bestellung ist verspätet|Ihre Rechnung wurde gestern verschickt",
    "fr": "Oui|Merci beaucoup|La commande est en retard|Votre facture a été envoyée hier",
    "es": "Sí|Muchas gracias|El pedido llega tarde|Su factura fue enviada ayer",
    "it": "Sì|Grazie mille|L'ordine è in ritardo|La sua fattura è stata inviata ieri",
    "pt": "Sim|Muito obrigado|O pedido está atrasado|A sua fatura foi enviada ontem",
    "nl": "Ja|Dank je wel|De bestelling is te laat|Uw factuur is gisteren verstuurd",
    "pl": "Tak|Dziękuję bardzo|Zamówienie jest spóźnione|Faktura została wysłana wczoraj",
    "ru": "Да|Большое спасибо|Заказ опаздывает|Ваш счёт был отправлен вчера",
    "ja": "はい|ありがとうございます|注文が遅れています|請求書は昨日送られました",
}
"""A word, thanks, four words and a short sentence of each language."""


def test_short_answers_in_ten_languages_are_right_or_have_no_score() -> None:
    scores = {
        (language, text): value("language", text, None, languages=[language])
        for language, texts in SHORT.items()
        for text in texts.split("|")
    }
    assert not [pair for pair, score in scores.items() if score == 0.0]
    words = [score for (_, text), score in scores.items() if len(text) <= 3 and text != "はい"]
    assert words and set(words) == {None}
    sentences = [scores[language, texts.split("|")[3]] for language, texts in SHORT.items()]
    assert sentences.count(1.0) >= 9


@pytest.mark.parametrize(
    ("text", "kinds", "score"),
    [
        ("Write to ana@example.com.", None, 0.0),
        ("Her number is 123-45-6789.", None, 0.0),
        ("The card 4111 1111 1111 1111 was declined.", None, 0.0),
        ("The order arrives on Monday.", None, 1.0),
        ("Write to ana@example.com.", ["PHONE"], 1.0),
        ("Write to ana@example.com.", ["email"], 0.0),
    ],
)
def test_no_pii(text: str, kinds: list[str] | None, score: float) -> None:
    options = {} if kinds is None else {"kinds": kinds}
    assert value("no_pii", text, **options) == score
    assert "ana" not in judged("no_pii", text, **options).reason


def test_the_kinds_of_personal_data_are_those_that_the_library_knows() -> None:
    from datafog.engine import ALL_ENTITY_TYPES, NER_ENTITY_TYPES

    assert set(_PATTERNS) == ALL_ENTITY_TYPES - NER_ENTITY_TYPES
    with pytest.raises(SuiteError, match="no pattern for 'MAIL'"):
        make_scorer("no_pii", {"kinds": ["MAIL"]}, "suite.yaml")
    with pytest.raises(SuiteError, match="'english' is no code"):
        make_scorer("language", {"languages": ["english"]}, "suite.yaml")


def test_texts_of_one_meaning_are_nearer_than_others() -> None:
    wanted = "The customer wants the money back."
    same = value("embedding_similarity", "A refund is requested.", wanted)
    other = value("embedding_similarity", "The weather in Lisbon is mild.", wanted)
    assert value("embedding_similarity", wanted, wanted) == pytest.approx(1.0, abs=1e-5)
    assert same and other and same > other + 0.03
    floored = value("embedding_similarity", "The weather in Lisbon is mild.", wanted, floor=0.99)
    assert floored == 0.0
    assert value("embedding_similarity", "x", [wanted, "x"]) == pytest.approx(1.0, abs=1e-5)


def test_a_text_that_would_take_the_packaged_model_minutes_has_no_score() -> None:
    assert value("embedding_similarity", "word " * 3_000, "a refund") is None
