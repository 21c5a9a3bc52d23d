"""User agents in plain words."""

import pytest

from rules.user_agents import plain_words

GECKO = "Gecko/20100101 Firefox/144.0"
WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:144.0) {GECKO}", "Firefox on Windows"),
        (f"Mozilla/5.0 (X11; Linux x86_64) {WEBKIT} Chrome/156.0.0.0 Safari/537.36", "Chrome on Linux"),
        (f"Mozilla/5.0 (Windows NT 10.0) {WEBKIT} Chrome/156.0.0.0 Safari/537.36 Edg/156.0", "Edge on Windows"),
        (f"Mozilla/5.0 (Linux; Android 16; Pixel) {WEBKIT} Chrome/156.0 Mobile Safari/537.36", "Chrome on Android"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) AppleWebKit/605 Version/26.0 Safari/604.1",
            "Safari on iPhone",
        ),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 15_0) AppleWebKit/605 Version/26.0 Safari/605", "Safari on Mac"),
        ("curl/8.5.0", "curl"),
        ("testclient", "A browser"),
        ("MyScript/2.1 (Linux)", "MyScript on Linux"),
        ("", "A browser"),
        ("<script>/1", "A browser"),
    ],
)
def test_a_browser_is_named_as_people_name_it(user_agent, words):
    assert plain_words(user_agent) == words
