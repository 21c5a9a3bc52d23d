"""What may be fetched: addresses with one reading, on hosts of the public internet, however others are dressed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.web_addresses import MOST_LETTERS, WebAddress, is_public, web_address
from tests.hostile_addresses import HOSTILE, words

PRIVATE = words("""
    0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 100.100.100.200 127.0.0.1 127.255.255.254 168.63.129.16 169.254.169.254
    172.16.0.1 172.31.255.255 192.0.0.1 192.0.0.170 192.0.2.1 192.88.99.1 192.168.0.1 198.18.0.1 198.51.100.1
    203.0.113.1
    224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255
    :: ::1 ::7f00:1 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 64:ff9b::7f00:1 64:ff9b::a00:1
    64:ff9b::169.254.169.254 64:ff9b:1::1 64:ff9b:1::7f00:1 100::1 2001::1 2001:0:7f00:1:: 2001:0:0:0:0:0:80ff:fffe
    2001:db8::1 2001:10::1 2002:7f00:1:: 2002:a00:1:: 2002:c0a8:1:: 2002:a9fe:a9fe:: 3fff::1 5f00::1 fc00::1
    fd00:ec2::254
    fe80::1 fe80::1%eth0 fec0::1 ff02::1 2001:4860::5efe:7f00:1 2001:4860::200:5efe:a00:1 2606:4700::1%1
    localhost 127.1 0x7f000001 2130706433 1.2.3 nonsense
""")
PUBLIC = words("""
    1.1.1.1 8.8.8.8 93.184.215.14 172.32.0.1 192.0.1.1 2606:4700::1111 2a00:1450:4001:81b::200e ::ffff:8.8.8.8
    64:ff9b::808:808 2620:fe::fe
""")


@pytest.mark.parametrize("address", PRIVATE)
def test_no_address_that_ends_inside_is_public(address: str):
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_addresses_of_the_internet_are_public(address: str):
    assert is_public(address)


@given(st.ip_addresses(v=4))
def test_no_wrapping_makes_an_inner_address_public(inner):
    number = int(inner)
    for wrapped in (
        f"::ffff:{inner}",
        f"64:ff9b::{inner}",
        f"2002:{number >> 16:x}:{number & 0xFFFF:x}::",
        f"::{inner}",
    ):
        assert not is_public(wrapped) or is_public(str(inner)), wrapped


@pytest.mark.parametrize("url", HOSTILE)
def test_what_is_no_plain_https_address_of_a_named_host_is_refused(url: str):
    with pytest.raises(ValueError, match=r"\.$"):
        web_address(url.replace("{port}", "8080"))


def test_the_corpus_is_large():
    assert len(set(HOSTILE)) >= 80


@pytest.mark.parametrize(
    ("url", "read"),
    [
        ("https://pictures.example.com/a.jpg", WebAddress("https", "pictures.example.com", 443, "/a.jpg")),
        ("HTTPS://Pictures.Example.COM", WebAddress("https", "pictures.example.com", 443, "/")),
        ("https://example.com:443/a?b=c%20d#e", WebAddress("https", "example.com", 443, "/a?b=c%20d")),
        ("https://xn--bcher-kva.example/%C3%A9", WebAddress("https", "xn--bcher-kva.example", 443, "/%C3%A9")),
        (
            "https://my_bucket.example.com/x?Sig=a/b+c=",
            WebAddress("https", "my_bucket.example.com", 443, "/x?Sig=a/b+c="),
        ),
    ],
)
def test_plain_addresses_are_read(url: str, read: WebAddress):
    assert web_address(url) == read


def test_an_address_that_is_too_long_is_refused():
    with pytest.raises(ValueError, match="characters"):
        web_address("https://example.com/" + "a" * MOST_LETTERS)


@given(st.text(max_size=80))
def test_whatever_is_written_is_read_or_refused_with_a_sentence(text: str):
    for url in (text, f"https://{text}", f"https://example.com/{text}"):
        try:
            read = web_address(url)
        except ValueError as refusal:
            assert str(refusal).endswith(".")
        else:
            assert web_address(read.url) == read
