"""The Slack tokens come from the environment or from files it names, and are never shown."""

import pytest

from bot.config import ConfigError, load_secrets, take_secrets

BOT, APP = "xoxb-1-2-secret", "xapp-1-A-2-secret"
BOTH = {"SLACK_BOT_TOKEN": BOT, "SLACK_APP_TOKEN": APP}


def refusal(**env: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load_secrets(env)
    assert "secret" not in str(caught.value)
    return str(caught.value)


def test_tokens_come_from_the_environment():
    found = load_secrets(BOTH)
    assert (found.bot_token, found.app_token, found.warnings) == (BOT, APP, ())
    assert found.api_url == "https://www.slack.com/api/"


def test_tokens_are_not_shown():
    assert "secret" not in repr(load_secrets(BOTH))


def test_tokens_come_from_files_that_only_their_owner_can_read(tmp_path):
    file = tmp_path / "bot"
    file.write_text(f"{BOT}\n")
    file.chmod(0o600)
    env = {"SLACK_BOT_TOKEN_FILE": str(file), "SLACK_APP_TOKEN": APP}
    assert (load_secrets(env).bot_token, load_secrets(env).warnings) == (BOT, ())
    file.chmod(0o644)
    assert load_secrets(env).warnings == (f"everyone on this machine can read {file}: chmod 600 {file}",)


def test_both_tokens_are_asked_for_at_once():
    assert refusal().splitlines() == [
        "cannot read SLACK_BOT_TOKEN: because neither it nor SLACK_BOT_TOKEN_FILE is set in the environment",
        "cannot read SLACK_APP_TOKEN: because neither it nor SLACK_APP_TOKEN_FILE is set in the environment",
    ]


def test_a_token_and_a_file_of_it_are_one_too_many(tmp_path):
    assert refusal(**BOTH, SLACK_APP_TOKEN_FILE="f") == (
        "cannot read SLACK_APP_TOKEN: because SLACK_APP_TOKEN_FILE is set too; keep one of them"
    )


def test_a_file_of_a_token_that_is_not_there_or_empty_is_named(tmp_path):
    gone, empty = tmp_path / "gone", tmp_path / "empty"
    empty.write_text("\n")
    assert refusal(SLACK_BOT_TOKEN_FILE=str(gone), SLACK_APP_TOKEN_FILE=str(empty)).splitlines() == [
        f"cannot read SLACK_BOT_TOKEN_FILE: because '{gone}' gives: No such file or directory",
        f"cannot read SLACK_APP_TOKEN_FILE: because '{empty}' is empty",
    ]


def test_tokens_that_were_swapped_are_noticed():
    assert refusal(SLACK_BOT_TOKEN=APP, SLACK_APP_TOKEN=BOT).splitlines() == [
        "cannot read SLACK_BOT_TOKEN: because such a token starts with 'xoxb-', and this one does not",
        "cannot read SLACK_APP_TOKEN: because such a token starts with 'xapp-', and this one does not",
    ]


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/api/", "http://localhost:9/api/", "http://[::1]:9/api/"])
def test_plain_http_is_for_this_machine(url):
    assert load_secrets({**BOTH, "SLACK_API_URL": url}).api_url == url


def test_an_address_ends_with_a_slash_as_the_client_wants_it():
    assert load_secrets({**BOTH, "SLACK_API_URL": "https://x.org/api"}).api_url == "https://x.org/api/"


@pytest.mark.parametrize("url", ["http://slack.com/api/", "http://10.0.0.1/api/", "http://127.0.0.1.evil.org/"])
def test_tokens_are_never_sent_unencrypted_over_a_network(url):
    assert "would send the tokens unencrypted; use https://" in refusal(**BOTH, SLACK_API_URL=url)


@pytest.mark.parametrize("url", ["slack.com/api/", "ftp://slack.com", "https://"])
def test_what_is_no_address_is_refused(url):
    assert f"because {url!r} is not an address such as" in refusal(**BOTH, SLACK_API_URL=url)


def test_addresses_of_heartbeat_and_second_channel_may_be_missing_and_are_not_shown(tmp_path):
    assert load_secrets(BOTH).second_channel == ()
    file = tmp_path / "channel"
    file.write_text("# at night\nntfys://ntfy.sh/secret\n  mailto://u:secret@x.org json://h/secret\n")
    file.chmod(0o600)
    env = {
        **BOTH,
        "CARETAKER_HEARTBEAT_URL": "https://hc-ping.com/secret ",
        "CARETAKER_SECOND_CHANNEL_FILE": f"{file}",
    }
    found = load_secrets(env)
    assert found.heartbeat == "https://hc-ping.com/secret"
    assert found.second_channel == ("ntfys://ntfy.sh/secret", "mailto://u:secret@x.org", "json://h/secret")
    assert "secret" not in repr(found)


@pytest.mark.parametrize(
    "url", ["hc-ping.com/secret", "ftp://x/secret", "https:///secret", "https://x/secret /secret"]
)
def test_a_heartbeat_that_is_no_address_is_refused_without_showing_it(url):
    assert "cannot read CARETAKER_HEARTBEAT_URL: because it is no address" in refusal(
        **BOTH, CARETAKER_HEARTBEAT_URL=url
    )


def test_a_second_channel_that_is_no_address_is_refused_without_showing_it():
    said = refusal(**BOTH, CARETAKER_SECOND_CHANNEL="ntfys://x/secret secret-topic")
    assert said.startswith("cannot read CARETAKER_SECOND_CHANNEL: because not all in it are addresses")


def test_what_the_bot_starts_inherits_no_secret():
    env = {
        **BOTH,
        "CARETAKER_HEARTBEAT_URL": "https://x/secret",
        "CARETAKER_SECOND_CHANNEL": "json://x/secret",
        "A": "b",
    }
    assert take_secrets(env).heartbeat == "https://x/secret"
    assert env == {"A": "b"}
