"""A `lab` line is taken apart once; what is put in later is data."""

import pytest

from bot.core.lab import LabCall, LabMistake, LabVerb, take_apart

VERBS = (
    LabVerb("start", ("guest",)),
    LabVerb("start unproven", ("incident",)),
    LabVerb("shut down", ("guest",), ("patience",)),
    LabVerb("tell", ("who", "what")),
)


def test_a_verb_of_two_words_is_not_the_verb_of_one():
    assert take_apart("start web1\n", VERBS) == LabCall("start", ("web1",))
    assert take_apart("start unproven 7", VERBS) == LabCall("start unproven", ("7",))


def test_quotes_hold_blanks_and_options_follow():
    call = take_apart("shut down 'web 1' patience=\"2 minutes\"", VERBS)
    assert call == LabCall("shut down", ("web 1",), (("patience", "2 minutes"),))
    assert str(call) == "shut down 'web 1' patience='2 minutes'"


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("", "the fence is empty"),
        ("strat web1", r"there is no verb 'strat' \(did you mean 'start'\?\)"),
        ("boil water", r"there is no verb 'boil' \(known here: "),
        ("shutdown web1", r"no verb 'shutdown web1' \(did you mean 'shut down'\?\)"),
        ("start", "it is written `start GUEST`, and here it has 0 arguments"),
        ("tell ada", "it is written `tell WHO WHAT`"),
        ("shut down web1 patiense=3", r"has no option 'patiense' \(did you mean 'patience'\?\)"),
        ("start web1\nstart web2", "holds one line"),
        ("start 'web1", "a quotation mark in it is not closed"),
        ("start web-$guest", "'web-\\$guest' is more than that"),
        ("shut down $guest patience=${patience}s", "is more than that"),
    ],
)
def test_a_line_that_cannot_be_understood_says_why(line, why):
    with pytest.raises(LabMistake, match=why):
        take_apart(line, VERBS)


@pytest.mark.parametrize("value", ["unproven", "web1 patience=0", "$incident", "'; reboot", "a\nb", ""])
def test_a_value_takes_the_place_of_one_word_whatever_it_holds(value):
    call = take_apart("shut down $guest patience=$time_left", VERBS)
    assert call.uses == {"guest", "time_left"}
    assert str(call) == "shut down $guest patience=$time_left"
    filled = call.filled({"guest": value, "time_left": value})
    assert filled == LabCall("shut down", (value,), (("patience", value),))


def test_a_call_is_not_made_with_a_value_that_is_not_set():
    with pytest.raises(KeyError):
        take_apart("start $guest", VERBS).filled({})


def test_a_name_with_blanks_stands_in_quotes_also_in_those_a_phone_puts_there():
    for line in ('start "web server"', "start 'web server'", "start “web server”", "start „web server“"):
        call = take_apart(line, (LabVerb("start", ("guest",)),))
        assert call == LabCall("start", ("web server",))
        assert str(call) == "start 'web server'"
