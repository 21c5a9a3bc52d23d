"""Every failure has a calm sentence, somebody who can mend it, and the seeds' own words where they gave them."""

import pytest

from rules.failures import MEANINGS, SKIP_KINDS, TIMED_KINDS, DropboxFailure, Failure, FailureKind, Fixer, sentence

CONTRACT_KINDS = (
    "rate_limited busy unavailable needs_reauth insufficient_space not_permitted folder_gone bad_name "
    "source_missing hash_mismatch defect disconnected export_off deleted"
)


def test_the_kinds_are_those_of_the_contract():
    assert [kind.value for kind in FailureKind] == CONTRACT_KINDS.split()


def test_every_kind_has_a_meaning():
    assert set(MEANINGS) == set(FailureKind)


@pytest.mark.parametrize(
    ("kind", "can_fix", "copy"),
    [
        ("needs_reauth", True, "Dropbox connection lost — reconnect to resume exports"),
        ("needs_reauth", False, "Dropbox connection lost — ask a workspace admin to reconnect"),
        ("not_permitted", True, "Insufficient permissions to write to folder"),
        ("rate_limited", True, "Rate-limited by Dropbox (retrying)"),
        ("folder_gone", True, "Folder not found (reselect folder)"),
        ("disconnected", True, "Dropbox is not connected"),
    ],
)
def test_the_seeds_words_are_kept(kind: str, can_fix: bool, copy: str):
    assert sentence(FailureKind(kind), can_fix=can_fix) == copy


@pytest.mark.parametrize("kind", FailureKind)
@pytest.mark.parametrize("can_fix", [True, False])
@pytest.mark.parametrize("retry_at_text", [None, "10:52"])
def test_every_sentence_is_calm_and_without_internal_codes(kind: FailureKind, can_fix: bool, retry_at_text: str | None):
    text = sentence(kind, app_name="Fotobox", can_fix=can_fix, retry_at_text=retry_at_text)
    assert text[0].isupper()
    assert not text.endswith(".")
    assert not any(word in text for word in ("!", "Oops", "{", "}", "_", "Clementine", "Error", "error"))
    assert len(text) <= 120


@pytest.mark.parametrize("kind", FailureKind)
def test_the_time_of_the_next_try_is_named_only_where_there_is_one(kind: FailureKind):
    text = sentence(kind, retry_at_text="10:52")
    assert ("10:52" in text) is (kind in TIMED_KINDS)
    assert not TIMED_KINDS & SKIP_KINDS


def test_a_rate_limit_says_when_it_retries():
    assert sentence(FailureKind.RATE_LIMITED, retry_at_text="10:52") == "Rate-limited by Dropbox (retrying at 10:52)"


def test_the_installation_s_own_name_is_used():
    assert sentence(FailureKind.SOURCE_MISSING, app_name="Fotobox").startswith("Fotobox ")
    assert sentence(FailureKind.SOURCE_MISSING).startswith("Clementine ")


def test_an_app_name_is_not_a_template():
    assert "{kind}" in sentence(FailureKind.SOURCE_MISSING, app_name="{kind}")


def test_failures_that_mend_themselves_ask_nobody():
    assert {kind for kind, meaning in MEANINGS.items() if meaning.fixer is Fixer.ITSELF} == {
        FailureKind.RATE_LIMITED,
        FailureKind.BUSY,
        FailureKind.UNAVAILABLE,
    }


def test_the_exception_carries_the_failure_and_says_it():
    failure = Failure(FailureKind.UNAVAILABLE, detail="502 from /2/files/upload", outcome_known=False)
    raised = DropboxFailure(failure)
    assert raised.failure is failure
    assert str(raised) == "unavailable: 502 from /2/files/upload"
    assert str(DropboxFailure(Failure(FailureKind.BUSY))) == "busy"
