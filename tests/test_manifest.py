import json

from bot.manifest import SCOPES, as_json, manifest


def test_the_printed_manifest_is_json_and_says_the_same_as_the_value():
    assert json.loads(as_json()) == manifest()


def test_every_scope_asked_for_comes_with_its_reason():
    asked = manifest()["oauth_config"]["scopes"]["bot"]
    assert asked == sorted(SCOPES)
    assert all(reason for reason in SCOPES.values())


def test_it_works_without_a_public_address():
    settings = manifest()["settings"]
    assert settings["socket_mode_enabled"]
    assert settings["interactivity"]["is_enabled"]
    assert "request_url" not in as_json()
    assert "url" not in manifest()["features"]["slash_commands"][0]


def test_the_command_and_what_slack_allows_in_length():
    [command] = manifest()["features"]["slash_commands"]
    assert command["command"] == "/lab"
    assert len(manifest()["display_information"]["name"]) <= 35
    assert len(manifest()["display_information"]["description"]) <= 140


def test_it_can_write_to_people_who_are_offered_no_box_to_answer_in():
    home = manifest()["features"]["app_home"]
    assert (home["messages_tab_enabled"], home["messages_tab_read_only_enabled"]) == (True, True)
    assert not [
        event for event in manifest()["settings"]["event_subscriptions"]["bot_events"] if "message." in event
    ]
