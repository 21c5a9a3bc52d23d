"""Addresses and domains as rules and searches compare them."""

import pytest

from rules.addresses import domain_key, domain_of, domains_of, search_key, spellings, validate_domain


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Example.COM", "example.com"),
        (" example.com. ", "example.com"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("BÜCHER.example", "bücher.example"),
        ("\uff45xample.com", "example.com"),
    ],
)
def test_two_spellings_of_a_domain_are_one(one, other):
    assert domain_key(one) == domain_key(other)


def test_look_alike_letters_are_another_domain():
    assert domain_key("\u0435xample.com") != domain_key("example.com")


@pytest.mark.parametrize("odd", ["a..b", "x" * 70 + ".example", "", "-", "\ud800.example"])
def test_a_domain_that_is_none_breaks_nothing(odd):
    assert isinstance(domain_key(odd), str)


def test_an_address_lies_within_its_domain_and_those_around_it_but_in_no_bare_ending():
    assert domain_of("Ada@Mail.Example.co.uk") == "mail.example.co.uk"
    assert domains_of("ada@mail.example.com") == ["mail.example.com", "example.com"]
    assert domains_of("ada@localhost") == []


@pytest.mark.parametrize(
    ("domain", "written"), [("xn--bcher-kva.example", "bücher.example"), ("example.com", "example.com")]
)
def test_a_domain_is_found_however_addresses_write_it(domain, written):
    assert spellings(domain) == (domain, written)


def test_a_search_finds_capitals_accents_and_wide_letters():
    key = search_key("Ada@Example.com", "ÉMILE Zola", "")
    assert key == "ada@example.com émile zola"
    assert search_key("ÉMILE") in key


@pytest.mark.parametrize("text", ["example.com", " Example.com ", "bücher.example"])
def test_domains_are_accepted(text):
    assert validate_domain(text) is None


@pytest.mark.parametrize(
    "text", ["", "com", "a b.com", "ada@example.com", "http://example.com", "*.example.com", "1.2.3.4"]
)
def test_what_is_no_domain_is_refused(text):
    assert validate_domain(text)
