"""What a script prints, without the bot's secrets."""

from datetime import timedelta

from bot.reach import OUTPUT_LIMIT, Script
from bot.reach.local import LocalReach
from bot.reach.redacted import RedactedReach
from bot.redact import Redactor

TOKEN = "xoxb-12-abc-DEF"
LIMIT = timedelta(seconds=30)


async def test_a_token_that_is_printed_in_two_pieces_is_neither_heard_nor_kept() -> None:
    reach, heard = RedactedReach(LocalReach(), Redactor([TOKEN])), []
    script = Script("sh", "printf 'it is xoxb-12-'; sleep 0.3; printf 'abc-DEF\\n'; printf 'xoxb-12'")
    done = await reach.run(script, values={}, limit=LIMIT, on_output=heard.append)
    assert done.output == "it is [secret]\nxoxb-12"
    assert "".join(heard) == "it is [secret]\nxoxb-12"
    assert (await reach.run(Script("sh", "echo xoxb-12-abc-DEF"), values={}, limit=LIMIT)).output == "[secret]\n"
    await reach.close()


async def test_of_output_that_is_too_long_no_half_token_is_kept() -> None:
    reach = RedactedReach(LocalReach(), Redactor([TOKEN]))
    rest = OUTPUT_LIMIT - len("abc-DEF")
    script = Script("sh", f"printf xoxb-12-abc-DEF; head -c {rest} /dev/zero | tr '\\0' x")
    done = await reach.run(script, values={}, limit=LIMIT)
    assert done.output.startswith("[secret]xxx")
