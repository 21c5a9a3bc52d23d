"""FR-018: secrets rest encrypted, bound to their row, and whatever was altered or moved is never opened."""

from base64 import b64encode, urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.envelope import Keyring, Unsealable, seal, unseal

FIRST, SECOND = bytes(range(32)), bytes(range(100, 132))
NONCE = bytes(range(200, 212))
SECRET = b"the refresh token of somebody"
PLACE: dict[str, str] = {"purpose": "connection", "table": "connections", "row_id": "17"}


def spelled(**keys: bytes) -> str:
    """TOKEN_KEYS as an operator writes it."""
    return ",".join(f"{key_id}:{b64encode(key).decode()}" for key_id, key in keys.items())


KEYRING = Keyring.parse(spelled(k1=FIRST))
SEALED = seal(KEYRING, SECRET, **PLACE, nonce=NONCE)


@given(st.binary(max_size=5000), st.binary(min_size=12, max_size=12), st.text("abc:/ é", max_size=20))
def test_fr_018_what_was_sealed_opens_again(plaintext: bytes, nonce: bytes, row_id: str):
    place = PLACE | {"row_id": row_id}
    assert unseal(KEYRING, seal(KEYRING, plaintext, **place, nonce=nonce), **place) == plaintext


def test_fr_018_a_sealed_text_is_version_key_id_nonce_tag_and_ciphertext_in_base64url():
    version, key_id, nonce, tag, ciphertext = SEALED.split(":")
    assert (version, key_id) == ("1", "k1")
    assert nonce == urlsafe_b64encode(NONCE).decode()
    assert len(tag) == 22
    assert len(ciphertext) == -(-len(SECRET) * 4 // 3)
    assert b"refresh" not in SEALED.encode()


def test_the_first_key_seals_and_all_keys_unseal():
    rotated = Keyring.parse(spelled(k2=SECOND, k1=FIRST))
    assert rotated.ids == ("k2", "k1")
    assert unseal(rotated, SEALED, **PLACE) == SECRET
    assert seal(rotated, SECRET, **PLACE, nonce=NONCE).split(":")[1] == "k2"


@pytest.mark.parametrize("position", range(len(SEALED)))
def test_a_flipped_byte_is_never_opened(position: int):
    for bit in range(7):
        altered = SEALED[:position] + chr(ord(SEALED[position]) ^ 1 << bit) + SEALED[position + 1 :]
        with pytest.raises(Unsealable):
            unseal(KEYRING, altered, **PLACE)


@pytest.mark.parametrize("length", range(len(SEALED)))
def test_a_shortened_text_is_never_opened(length: int):
    with pytest.raises(Unsealable):
        unseal(KEYRING, SEALED[:length], **PLACE)


@given(st.text(st.characters()))
def test_any_other_text_is_unsealable_and_nothing_worse(text: str):
    with pytest.raises(Unsealable):
        unseal(KEYRING, text, **PLACE)


@pytest.mark.parametrize("other", [{"purpose": "login"}, {"table": "accounts"}, {"row_id": "18"}, {"row_id": "1"}])
def test_a_sealed_text_opens_in_no_other_row_column_or_purpose(other: dict[str, str]):
    with pytest.raises(Unsealable, match="another row"):
        unseal(KEYRING, SEALED, **(PLACE | other))


def test_the_parts_of_a_place_cannot_run_into_one_another():
    with pytest.raises(ValueError, match="separates"):
        seal(KEYRING, SECRET, purpose="a|b", table="c", row_id=1, nonce=NONCE)


def test_a_row_id_is_the_same_as_number_and_as_text():
    assert unseal(KEYRING, SEALED, purpose="connection", table="connections", row_id=17) == SECRET


def test_a_missing_key_is_named_by_its_id():
    with pytest.raises(Unsealable, match="The key k1 is not among the keys"):
        unseal(Keyring.parse(spelled(k2=SECOND)), SEALED, **PLACE)


def test_another_key_under_the_same_id_opens_nothing():
    with pytest.raises(Unsealable):
        unseal(Keyring.parse(spelled(k1=SECOND)), SEALED, **PLACE)


@pytest.mark.parametrize("length", [0, 11, 13, 16])
def test_a_nonce_has_96_bits(length: int):
    with pytest.raises(ValueError, match="12 bytes"):
        seal(KEYRING, SECRET, **PLACE, nonce=bytes(length))


GOOD = b64encode(FIRST).decode()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "no key in it"),
        (" , ,", "no key in it"),
        (GOOD, "Key 1 does not begin with an id"),
        (f":{GOOD}", "Key 1 does not begin with an id"),
        (f"a b:{GOOD}", "Key 1 does not begin with an id"),
        (f"k1:{GOOD},k2:", r"Key 2 \(k2\) has 0 bytes"),
        (f"k1:{GOOD[:-1]}", "not valid base64"),
        (f"k1:{GOOD}!", "not valid base64"),
        (f"k1:é{GOOD[1:]}", "not valid base64"),
        (f"k1:{b64encode(FIRST[:16]).decode()}", "16 bytes instead of 32"),
        (f"k1:{b64encode(FIRST + FIRST).decode()}", "64 bytes instead of 32"),
        (f"k1:{GOOD},k1:{b64encode(SECOND).decode()}", "key id k1 stands in it twice"),
        (f"k1:{b64encode(bytes(32)).decode()}", "is a placeholder"),
        (f"k1:{b64encode(b'changeme' * 4).decode()}", "is a placeholder"),
    ],
)
def test_a_broken_keyring_is_refused_with_a_sentence_that_holds_no_key(text: str, sentence: str):
    with pytest.raises(ValueError, match=sentence) as refused:
        Keyring.parse(text)
    assert GOOD[:12] not in str(refused.value)
    assert refused.value.__cause__ is None


def test_both_base64_alphabets_and_spaces_between_keys_are_read():
    key = bytes([0xFB, 0xFF] * 2) + bytes(range(28))
    plain, urlsafe = b64encode(key).decode(), urlsafe_b64encode(key).decode()
    assert plain != urlsafe
    assert Keyring.parse(f" a:{plain} , b:{urlsafe} ").keys == (("a", key), ("b", key))


def test_a_keyring_does_not_print_its_keys():
    assert repr(KEYRING) == "Keyring()"
