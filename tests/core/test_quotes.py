"""Words as people type them."""

import pytest

from bot.core.quotes import quoted, straight, typed


def test_typographic_quotes_are_quotes_and_an_apostrophe_is_none():
    assert straight("“web server” „nas” robin’s") == '"web server" "nas" robin’s'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        ("why web1", ["why", "web1"]),
        ('why "web server"', ["why", "web server"]),
        ("why “web server” now", ["why", "web server", "now"]),
        ("why „web server“ now", ["why", "web server", "now"]),
        ('why "web server', ["why", "web server"]),
        ("silence web1 2h robin's disk", ["silence", "web1", "2h", "robin's", "disk"]),
        ('a 19" rack', ["a", '19"', "rack"]),
        ('the "old"er one', ["the", '"old"er', "one"]),
        ('""', [""]),
    ],
)
def test_what_stands_in_quotes_is_one_word(text, words):
    assert [word.text for word in typed(text)] == words


def test_a_word_knows_where_it_stands_and_whether_it_was_quoted():
    text = "silence “web server”  2h the  reason"
    name = typed(text)[1]
    assert (name.quoted, text[name.start : name.end]) == (True, "“web server”")
    assert text[typed(text)[2].end :] == " the  reason"
    assert not typed(text)[2].quoted


def test_a_name_is_quoted_where_it_holds_blanks():
    assert (quoted("web1"), quoted("web server")) == ("web1", '"web server"')
