"""Tokens have 256 bits, one shape each, and are known by their digest."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.tokens import API_TOKEN_PREFIX, api_token, is_api_token, is_opaque_token, opaque_token, token_digest

random_bytes = st.binary(min_size=32, max_size=32)


@given(random_bytes)
def test_an_api_token_has_the_prefix_and_all_256_bits(secret: bytes):
    token = api_token(secret)
    assert token.startswith("clem_")
    assert len(token) == len(API_TOKEN_PREFIX) + 43
    assert is_api_token(token)
    assert not is_opaque_token(token)


@given(random_bytes, random_bytes)
def test_different_bytes_make_different_tokens(one: bytes, other: bytes):
    assert (opaque_token(one) == opaque_token(other)) is (one == other)


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_a_token_is_never_made_from_fewer_or_more_bits(length: int):
    with pytest.raises(ValueError, match="32 random bytes"):
        api_token(bytes(length))


@pytest.mark.parametrize(
    "text",
    ["", "clem_", "clem_" + "a" * 42, "clem_" + "a" * 44, "CLEM_" + "a" * 43, "a" * 43, " clem_" + "a" * 43]
    + ["clem_" + "a" * 42 + extra for extra in "=+/ \né"]
    + ["clem_" + "a" * 43 + "\n"],
)
def test_other_shapes_are_no_api_tokens(text: str):
    assert not is_api_token(text)


def test_the_digest_is_sha256_in_hex():
    assert token_digest("clem_") == "1054f5971151e8c5d565f475a3671c56c812e226745ee71ff0a0cb233dc1c0fa"


@given(st.text(st.characters()))
def test_any_text_has_a_digest_that_does_not_show_it(text: str):
    assert len(token_digest(text)) == 64
    assert token_digest(text) != token_digest(text + "x")
