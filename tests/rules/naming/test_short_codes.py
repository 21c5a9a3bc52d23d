"""Short codes: legible, random, evenly likely."""

from collections import Counter
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.naming import short_code
from rules.naming.short_codes import ALPHABET, code


def test_the_alphabet_is_the_contract_s():
    assert ALPHABET == "23456789ABCDEFGHJKMNPQRSTVWXYZ"
    assert len(set(ALPHABET)) == 30


@given(st.binary(min_size=8, max_size=32))
def test_a_short_code_has_four_characters_of_the_alphabet(random_bytes: bytes):
    made = short_code(random_bytes)
    assert len(made) == 4
    assert set(made) <= set(ALPHABET)


@pytest.mark.parametrize("length", [0, 4, 7])
def test_too_few_random_bytes_are_refused(length: int):
    with pytest.raises(ValueError, match="8 random bytes"):
        short_code(bytes(length))


def test_every_character_comes_up_about_as_often_in_every_place():
    digests = (sha256(str(n).encode()).digest() for n in range(30_000))
    codes = [short_code(digest) for digest in digests]
    for place in range(4):
        often = Counter(made[place] for made in codes)
        assert set(often) == set(ALPHABET)
        assert 800 < min(often.values()) <= max(often.values()) < 1200


def test_different_bytes_make_different_codes_nearly_always():
    codes = {short_code(sha256(str(n).encode()).digest()) for n in range(1000)}
    assert len(codes) > 990


def test_a_code_of_any_length_can_be_made():
    assert code(b"\x00\x1d", 1) == "Z"
    assert code(b"", 0) == ""
