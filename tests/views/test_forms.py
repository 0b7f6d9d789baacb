"""What is left of a card when Slack will not take the whole of it."""

from bot.views import Card
from bot.views.forms import WHOLE, Form, Sent, after, is_empty, sent, shortened, texts
from bot.views.limits import code, prose, section

PRESS = {
    "type": "actions",
    "elements": [{"type": "button", "action_id": "run", "text": {"type": "plain_text", "text": "Run"}}],
}
COMMAND = code("dd if=/dev/zero of=/dev/sda")


def total(shown: Sent) -> int:
    return sum(map(len, texts(list(shown.blocks))))


def kinds(shown: Sent) -> list[str]:
    return [block["type"] for block in shown.blocks]


def test_a_card_that_fits_stays_as_it_is():
    card = Card("web1", (section("web1 is down"), PRESS))
    assert sent(card, Form.WHOLE, "x").blocks == (section("web1 is down").to_dict(), PRESS)
    assert sent(card, Form.SHORT, "x") == sent(card, Form.WHOLE, "x")


def test_of_too_much_text_the_prose_goes_first_and_neither_command_nor_button():
    card = Card("step", (section("a" * 2_900), prose("b" * 6_000), prose("c" * 6_000), COMMAND, PRESS))
    shown = sent(card, Form.WHOLE, "x")
    assert total(shown) <= WHOLE
    assert kinds(shown) == ["section", "markdown", "markdown", "rich_text", "actions"]
    assert shown.blocks[0]["text"]["text"] == "a" * 2_900
    assert shown.blocks[3] == COMMAND.to_dict()


def test_where_prose_is_not_enough_sections_are_cut_and_then_code():
    long = [section("a" * 2_900).to_dict() for _ in range(10)]
    shown = list(shortened([*long, code("z" * 4_000).to_dict(), PRESS], 4_000))
    assert sum(map(len, texts(shown))) <= 4_000
    assert all(len(block["text"]["text"]) >= 300 for block in shown[:10])
    assert shown[-1] == PRESS


def test_the_forms_follow_each_other_and_each_says_something_else():
    card = Card("step 2", (prose("b" * 6_000), PRESS))
    forms = [Form.WHOLE]
    while (following := after(card, forms[-1], "run:1:step:1")) is not None:
        forms.append(following)
    assert forms == list(Form)
    assert kinds(sent(card, Form.BUTTONS, "x")) == ["section", "actions"]
    assert sent(card, Form.WORDS, "x") == Sent(f"step 2\n{'b' * 2_992}…")
    assert "run:1:step:1" in sent(card, Form.BARE, "run:1:step:1").text
    assert not sent(card, Form.BARE, "x").keyed


def test_a_card_without_buttons_goes_on_to_its_words_and_words_to_that_there_are_some():
    assert after(Card("web1", (section("x"),)), Form.WHOLE, "x") is Form.BUTTONS
    assert kinds(sent(Card("web1", (section("x"),)), Form.BUTTONS, "x")) == []
    assert sent(Card("web1", (section("x"), PRESS)), Form.WORDS, "x") == Sent("web1\nx")
    assert after(Card("web1"), Form.WHOLE, "x") is Form.BARE
    assert after(Card("web1"), Form.BARE, "x") is None


def test_blocks_that_can_not_be_built_leave_the_words():
    assert after(Card("web1", (object(),)), Form.WHOLE, "x") is Form.WORDS


def test_only_a_card_without_words_and_blocks_is_empty():
    assert is_empty(Card(" "))
    assert not is_empty(Card("", (PRESS,)))
    assert not is_empty(Card("x"))
