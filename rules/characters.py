"""Characters that people don't see, and where a text may be cut without tearing a character apart."""

import unicodedata

_WHITE_CONTROLS = "\t\n\v\f\r\x85"
# Format characters that are seen: they enclose or precede digits in Arabic, Syriac and Kaithi.
_SEEN_FORMATS = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd")
# Letters, marks and symbols that show nothing at all: fillers, joiners, Mongolian selectors, the empty Braille cell.
_BLANKS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0")


def is_invisible(character: str) -> bool:
    """Whether it is a control, bidi, zero-width or otherwise unseen character, half a surrogate or no character.

    White space is not meant, nor are variation selectors, which decide how the character before them looks.
    """
    code = ord(character)
    if character in _WHITE_CONTROLS or character in _SEEN_FORMATS:
        return False
    if character in _BLANKS or 0xFDD0 <= code <= 0xFDEF or code & 0xFFFE == 0xFFFE:
        return True
    return unicodedata.category(character) in ("Cc", "Cf", "Cs")


def strip_invisible(text: str, *, multiline: bool = False) -> str:
    """The text in NFC without invisible characters, without outer white space, every white space one plain space.

    `multiline` keeps line breaks (as \\n, at most one empty line between paragraphs); else the result is one line.
    """
    seen = text
    if not (text.isascii() and text.isprintable()):
        seen = unicodedata.normalize("NFC", "".join(character for character in text if not is_invisible(character)))
    if not multiline:
        return " ".join(seen.split())
    lines = [" ".join(line.split()) for line in seen.splitlines()]
    kept = [line for position, line in enumerate(lines) if line or (position and lines[position - 1])]
    return "\n".join(kept).strip("\n")


def utf16_length(text: str) -> int:
    """How many UTF-16 units the text has: what Windows counts, two for an emoji."""
    return len(text) + sum(1 for character in text if ord(character) > 0xFFFF)


def cut(text: str, length: int) -> str:
    """The beginning of the text with at most so many characters (code points) that tears no seen one apart.

    Accents, emoji modifiers and flags stay whole, unless that would lose more than half of the room.
    """
    whole = length
    while 0 < whole < len(text) and _continues(text, whole):
        whole -= 1
    return text[:whole] if whole * 2 >= length else text[:length]


def cut_utf16(text: str, units: int) -> str:
    """The same with at most so many UTF-16 units."""
    length, used = 0, 0
    for character in text:
        used += utf16_length(character)
        if used > units:
            break
        length += 1
    return cut(text, length)


def _continues(text: str, position: int) -> bool:
    """Whether the character there belongs to the one before it."""
    character = text[position]
    if _is_flag_half(character):
        before = 0
        while before < position and _is_flag_half(text[position - 1 - before]):
            before += 1
        return before % 2 == 1
    return unicodedata.category(character) in ("Mn", "Mc", "Me") or 0x1F3FB <= ord(character) <= 0x1F3FF


def _is_flag_half(character: str) -> bool:
    return 0x1F1E6 <= ord(character) <= 0x1F1FF
