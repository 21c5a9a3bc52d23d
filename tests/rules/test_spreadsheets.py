"""FU-08: no cell of ours is a formula to a spreadsheet, and every cell comes back as it was."""

import csv

import pytest

from rules.spreadsheets import csv_line, defused


@pytest.mark.parametrize(
    "evil", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =cmd|' /C calc'!A0", "\uff1d1+1", "\u00a0=1"]
)
def test_fu_08_what_a_spreadsheet_could_run_begins_with_an_apostrophe(evil):
    assert defused(evil) == f"'{evil}"


@pytest.mark.parametrize("plain", ["", "ada@example.com", "1-2", "a=b", "'=1", "2026-02-11"])
def test_fu_08_other_cells_stay_as_they_are(plain):
    assert defused(plain) == plain


def test_quotes_commas_and_line_breaks_stay_inside_their_cell():
    cells = ['say "hi", twice', "two\nlines", "nul\0gone", ""]
    (read,) = csv.reader([csv_line(cells)], strict=True)
    assert read == ['say "hi", twice', "two\nlines", "nulgone", ""]
    assert csv_line(["a", "b"]) == '"a","b"\r\n'
