"""WB-10: nobody is sent anywhere but to a path of this site."""

import string
from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.links import MAX_NEXT, safe_next

HOSTILE = [
    # another host, in the spellings that browsers take for one
    "//evil.example",
    "///evil.example",
    "////evil.example",
    "//evil.example/%2f..",
    "/\\evil.example",
    "\\/evil.example",
    "\\\\evil.example",
    "/\\/evil.example",
    "/\\\\evil.example",
    "//\\evil.example",
    "\\evil.example",
    "/a\\b",
    "/%5cevil.example",
    "/%5Cevil.example",
    "/%5c%5cevil.example",
    "/%2fevil.example",
    "/%2Fevil.example",
    "/%2f%2fevil.example",
    "%2f%2fevil.example",
    "/a//evil.example",
    "//evil.example?x=/a",
    "//evil.example#/a",
    "//127.0.0.1",
    "//2130706433",
    "//[::1]/",
    "//localhost:8000@evil.example/",
    # white space and control characters that browsers drop
    "/\t/evil.example",
    "/\n/evil.example",
    "/\r/evil.example",
    "\t//evil.example",
    "\n//evil.example",
    " //evil.example",
    " /projects",
    "/projects ",
    "/projects\n",
    "/pro jects",
    "/a\r\nLocation: https://evil.example",
    "/a%0d%0aSet-Cookie:x=1",
    "/a%0aX",
    "/%09/evil.example",
    "/%00",
    "/\x00/evil.example",
    "/\x0b/evil.example",
    "/\x1f//evil.example",
    "/\x7f",
    "/%7f",
    "/\x85/evil.example",
    "/%20/evil.example",
    # schemes
    "https://evil.example",
    "https:/evil.example",
    "https:evil.example",
    "HTTPS://evil.example",
    "http:\\\\evil.example",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java\nscript:alert(1)",
    "data:text/html,x",
    "vbscript:x",
    "file:///etc/passwd",
    "ftp://evil.example",
    "mailto:a@evil.example",
    "blob:https://evil.example/1",
    "/https://evil.example",
    # user information
    "user@evil.example",
    "https://here@evil.example",
    "//here@evil.example",
    "/@evil.example",
    "/%40evil.example",
    # dot segments that leave two slashes when resolved
    "/.//evil.example",
    "/..//evil.example",
    "/./",
    "/../evil.example",
    "/%2e%2e/evil.example",
    "/%2e/evil.example",
    "/a/../../evil.example",
    "./projects",
    "../projects",
    # not paths
    "",
    "projects",
    "evil.example",
    "?next=/a",
    "#a",
    ".evil.example",
    ";/evil.example",
    # letters that look or fold like others
    "/\uff0fevil.example",
    "\uff0f\uff0fevil.example",
    "/\uff3cevil.example",
    "/evil\u3002example",
    "/\u200b/evil.example",
    "/\u2028/evil.example",
    "/é",
    "\ufeff/projects",
    "/\ud800",
    "/" + "a" * MAX_NEXT,
]

OURS = [
    "/",
    "/account",
    "/projects/8f3k2/connect",
    "/projects/8f3k2/exports?status=failed",
    "/workspaces/w1/members/dbid:AAH4f99T0taONIb-OurWxbNQ6ywGRopQngc",
    "/admin/requests?status=pending&x=%C3%A9#row-3",
    "/request-access?email=a%2Bb%40example.com",
    "/search?q=//",
]


def test_the_corpus_is_large_enough():
    assert len(set(HOSTILE)) == len(HOSTILE) >= 60


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_hostile_next_is_refused(text: str):
    assert safe_next(text) is None


@pytest.mark.parametrize("text", OURS)
def test_our_own_paths_are_kept_as_they_are(text: str):
    assert safe_next(text) == text


def test_no_next_is_none():
    assert safe_next(None) is None


@given(st.text(st.sampled_from("/\\.:@%25fFcCeE?#[]- \t\r\n" + string.ascii_lowercase), max_size=30).map("/".__add__))
def test_whatever_is_accepted_stays_on_this_site_when_a_client_resolves_it(text: str):
    accepted = safe_next(text)
    if accepted is not None:
        there = urlsplit(urljoin("http://here.example/login", accepted))
        assert (there.scheme, there.netloc) == ("http", "here.example")
