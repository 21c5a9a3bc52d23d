"""A browser's user agent in plain words, for people who look at their list of devices. A guess, never a decision."""

import re

# In order: many browsers also name the ones that they descend from.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chromium/", "Chromium"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("Macintosh", "Mac"),
    ("Linux", "Linux"),
)
_PRODUCT = re.compile(r"[A-Za-z][A-Za-z0-9 ._-]{1,29}(?=/)")


def plain_words(user_agent: str) -> str:
    """Such as "Firefox on Windows"; the product's own name for what isn't known, else "A browser"."""
    browser = next((name for sign, name in _BROWSERS if sign in user_agent), None)
    system = next((name for sign, name in _SYSTEMS if sign in user_agent), None)
    if browser is None:
        product = _PRODUCT.match(user_agent)
        browser = product.group() if product and not user_agent.startswith("Mozilla/") else "A browser"
    return f"{browser} on {system}" if system else browser
