import io
import logging

from bot.redact import Redactor


def written(record: logging.LogRecord, *secrets: str) -> str:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(Redactor(secrets, logging.Formatter("%(levelname)s %(message)s")))
    handler.handle(record)
    return stream.getvalue().strip()


def record(message: str, *args: object, error: BaseException | None = None) -> logging.LogRecord:
    trace = (type(error), error, error.__traceback__) if error else None
    return logging.LogRecord("any", logging.DEBUG, __file__, 1, message, args, trace)


def test_a_known_secret_is_replaced_wherever_it_stands_and_the_inner_format_stays():
    assert written(record("opening %s for %s", "hunter2", "me"), "hunter2") == "DEBUG opening [secret] for me"


def test_a_secret_inside_a_traceback_is_replaced_too():
    try:
        raise ValueError("cannot log in with hunter2")
    except ValueError as error:
        text = written(record("failed", error=error), "hunter2")
    assert "Traceback" in text
    assert "hunter2" not in text


def test_a_secret_that_contains_another_is_replaced_whole():
    assert written(record("abc-def"), "abc", "abc-def") == "DEBUG [secret]"


def test_slack_tokens_tickets_and_response_addresses_are_known_by_their_shape():
    text = written(
        record(
            "xoxb-1-abc %s wss://wss.slack.com/link/?ticket=0a1b2c&app_id=7 https://hooks.slack.com/commands/T1/2/x",
            {"token": "xapp-1-A-b"},
        )
    )
    for secret in ("1-abc", "1-A-b", "0a1b2c", "T1/2/x"):
        assert secret not in text
    assert "app_id=7" in text


def test_text_without_secrets_is_left_alone():
    assert written(record("box of 3 apples, ticket 7"), "") == "DEBUG box of 3 apples, ticket 7"
