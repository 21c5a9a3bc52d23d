"""Lines of CSV that people open in a spreadsheet, which must not take what somebody typed for a formula."""

from collections.abc import Iterable

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def defused(cell: str) -> str:
    """The cell as it is shown and never run: what a spreadsheet could take for a formula begins with an apostrophe.

    What counts is also what it begins with after white space, for some spreadsheets skip that.
    """
    return f"'{cell}" if cell.startswith(_FORMULA) or cell.lstrip().startswith(_FORMULA) else cell


def csv_line(cells: Iterable[str]) -> str:
    """One line as RFC 4180 has it, every cell defused and quoted."""
    return ",".join(f'"{_plain(cell)}"' for cell in cells) + "\r\n"


def _plain(cell: str) -> str:
    return defused(cell.replace("\0", "")).replace('"', '""')
