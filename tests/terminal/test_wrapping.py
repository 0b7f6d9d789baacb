"""Lines within a terminal's width, counted as terminals do."""

import pytest

from bot.terminal.wrapping import columns, wrapped


@pytest.mark.parametrize(
    ("text", "wide"), [("web1", 4), ("🔴 1", 4), ("☑️ a", 4), ("日本", 4), ("e\u0301", 1), ("❔", 2), ("·", 1)]
)
def test_signs_are_counted_by_the_columns_they_take(text, wide):
    assert columns(text) == wide


def test_a_line_that_fits_is_left_as_it_is_also_where_there_is_no_width():
    assert list(wrapped("one  two\n  three", 40)) == ["one  two", "  three"]
    assert list(wrapped("x" * 500, None)) == ["x" * 500]


def test_what_is_too_wide_goes_on_indented_below():
    text = "❌ services: 0 of 2 well · failing: web, mail"
    assert list(wrapped(text, 30)) == ["❌ services: 0 of 2 well ·", "   failing: web, mail"]


@pytest.mark.parametrize("width", [20, 21, 40])
@pytest.mark.parametrize("text", ["x" * 100, "日" * 100, "🔴 " + "a-long-name " * 9, "a " + "☑️" * 60])
def test_no_line_is_wider_and_no_letter_is_lost(text, width):
    made = list(wrapped(text, width))
    assert max(map(columns, made)) <= width
    assert "".join(made).replace(" ", "") == text.replace(" ", "")
