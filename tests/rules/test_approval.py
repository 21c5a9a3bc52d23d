"""Addresses are compared as mailboxes are, and every decision has one place to go or one sentence why not."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.approval import MAX_EMAIL, MOVES, Move, email_key, refusal, validate_email
from rules.states import RequestState


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Studio@Example.com", "studio@example.com"),
        ("  studio@example.com\n", "studio@example.com"),
        ("studio@BÜCHER.example", "studio@bücher.example"),
        ("rene\u0301@example.com", "ren\u00e9@example.com"),
        ("\uff53tudio@example.com", "studio@example.com"),
        ("strasse@example.com", "straße@example.com"),
    ],
)
def test_one_mailbox_has_one_key(one: str, other: str):
    assert email_key(one) == email_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("stu.dio@example.com", "studio@example.com"),
        ("studio+a@example.com", "studio@example.com"),
        ("studio@example.com", "studio@example.org"),
        ("p\u0430ypal@example.com", "paypal@example.com"),
        ("studio@ex\u0430mple.com", "studio@example.com"),
        ("stu\u200bdio@example.com", "studio@example.com"),
        ("\u0131@example.com", "i@example.com"),
    ],
)
def test_different_mailboxes_have_different_keys(one: str, other: str):
    assert email_key(one) != email_key(other)


@given(st.text(st.characters()))
def test_the_key_of_a_key_is_itself(text: str):
    assert email_key(email_key(text)) == email_key(text)


@pytest.mark.parametrize(
    "text",
    [
        "studio@example.com",
        " studio@example.com ",
        "a@b.co",
        "first.last+tag@sub.example.com",
        "o'brien@example.com",
        "rené@bücher.example",
        "x_y-z!#$%&=^~@example.com",
        "a@xn--bcher-kva.example",
        "用户@例え.テスト",
        "a" * 64 + "@example.com",
    ],
)
def test_usable_addresses_are_accepted(text: str):
    assert validate_email(text) is None


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "Enter an e-mail address."),
        (" \t ", "Enter an e-mail address."),
        ("studio", "looks like"),
        ("@example.com", "looks like"),
        ("studio@", "looks like"),
        ("a@b@example.com", "looks like"),
        ("studio@example", "domain name"),
        ("studio@localhost", "domain name"),
        ("studio@127.0.0.1", "domain name"),
        ("studio@[127.0.0.1]", "characters"),
        ("studio@-example.com", "domain name"),
        ("studio@example-.com", "domain name"),
        ("studio@example..com", "domain name"),
        ("studio@example.com.", "domain name"),
        ("studio@exa_mple.com", "domain name"),
        ("studio@" + "a" * 64 + ".com", "domain name"),
        (".studio@example.com", "characters"),
        ("studio.@example.com", "characters"),
        ("stu..dio@example.com", "characters"),
        ('"stu dio"@example.com', "spaces"),
        ("Studio <studio@example.com>", "spaces"),
        ("<studio@example.com>", "characters"),
        ("studio@example.com,other@example.com", "looks like"),
        ("studio@example.com\r\nBcc: x@example.com", "spaces"),
        ("studio@exam\nple.com", "spaces"),
        ("stu\u200bdio@example.com", "invisible"),
        ("studio\u202e@example.com", "invisible"),
        ("studio@exa\x00mple.com", "invisible"),
        ("studio\ud800@example.com", "invisible"),
        ("a" * 65 + "@example.com", "too long"),
        ("a@" + "b." * 130 + "com", "too long"),
    ],
)
def test_unusable_addresses_get_a_sentence(text: str, sentence: str):
    assert sentence in (validate_email(text) or "")


@given(st.text(st.characters()) | st.emails())
def test_an_accepted_address_fits_into_one_header_line(text: str):
    if validate_email(text) is None:
        address = text.strip()
        assert len(address) <= MAX_EMAIL
        assert address.count("@") == 1
        assert not any(character in address for character in ' \r\n\t<>,;"\x00')


# fmt: off
#              approve     deny      revoke     ask
DECISIONS = {
    "pending":  "approved   denied    -          -",
    "approved": "-          -         revoked    -",
    "denied":   "approved   -         -          pending",
    "revoked":  "approved   -         -          pending",
}
# fmt: on


@pytest.mark.parametrize(("state", "move"), [*product(RequestState, Move)])
def test_the_moves_are_those_of_the_design(state: RequestState, move: Move):
    expected = dict(zip(Move, DECISIONS[state].split(), strict=True))[move]
    assert MOVES.get((state, move), "-") == expected


@pytest.mark.parametrize(("state", "move"), [*product(RequestState, Move)])
def test_every_other_move_is_a_conflict_with_a_sentence(state: RequestState, move: Move):
    plain, dated = refusal(state, move), refusal(state, move, when_text="on 12 November")
    if (state, move) in MOVES:
        assert plain is None
        assert dated is None
    else:
        assert plain is not None and plain.endswith(".") and "{" not in plain
        assert dated is not None and " on 12 November" in dated


def test_denying_an_approved_request_says_to_revoke_it():
    assert refusal(RequestState.APPROVED, Move.DENY) == "Already approved; revoke it instead."
