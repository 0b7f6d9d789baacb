"""What each of Slack's error codes means for the message that was refused: what may follow it, and who mends it.

The lists hold every code that Slack documents for the methods that the bot uses
(docs.slack.dev/reference/methods); a code on none of them is UNKNOWN: it is tried again and told, and never a
reason to drop a message.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Remedy(StrEnum):
    """What may follow a refusal."""

    LATER = "later"
    """Nothing was done, and it passes by itself: the same again, later."""
    CONTENT = "content"
    """It will never be taken in this form: shorter, or as plain text."""
    ANEW = "anew"
    """The message that was meant, or its thread, is gone or closed: a new one."""
    FILE = "file"
    """Files like this one are not taken here: its words instead."""
    CHANNEL = "channel"
    """A person has to mend the channel or a policy; until then it is said elsewhere."""
    TOKEN = "token"  # noqa: S105 -- no token
    """A person has to mend the token or the app: until then nothing can be said in Slack."""
    TRIGGER = "trigger"
    """What a person did is too long ago, or was answered already: they have to do it once more."""
    DONE = "done"
    """It is as asked already."""
    UNKNOWN = "unknown"
    """Nobody knows this code: the same again, ever more slowly, and told."""


_LATER: Final = """
    org_login_required team_added_to_org external_channel_migrating streaming_state_conflict hash_conflict
    invalid_cursor list_record_comment_fetch_failed unknown_method file_update_failed file_not_found
    """
_CONTENT: Final = """
    invalid_blocks invalid_blocks_format msg_blocks_too_long msg_too_long msg_blocks_too_many no_text
    markdown_text_conflict block_mismatch too_many_attachments attachment_payload_limit_exceeded
    invalid_attachments invalid_metadata_format invalid_metadata_schema metadata_too_large
    metadata_must_be_sent_from_app alt_txt_too_large view_too_large duplicate_external_id push_limit_reached
    too_many_contact_cards only_one_table_allowed invalid_arg_name invalid_array_arg invalid_argument
    invalid_arguments invalid_charset invalid_form_data invalid_json invalid_post_type missing_post_type
    missing_argument missing_args invalid_limit insecure_request deprecated_endpoint method_deprecated
    as_user_not_supported send_on_behalf_not_allowed no_dual_broadcast_content_update cant_broadcast_message
    missing_file_data unknown_snippet_type unknown_subtype channels_limit_exceeded invalid_metadata_filter_keys
    invalid_ts_latest invalid_ts_oldest invalid_thread_ts duplicate_channel_not_found
    duplicate_message_not_found draft_already_deleted draft_already_sent draft_has_conflict draft_not_found
    bad_timestamp invalid_name no_item_specified not_reactable too_many_emoji too_many_reactions
    missing_profile_id not_implemented not_enough_users too_many_users users_list_not_supplied file_deleted
    file_is_deleted file_share_limit_reached max_file_sharing_exceeded unable_to_share_files
    slack_connect_canvas_sharing_blocked slack_connect_file_link_sharing_blocked
    slack_connect_lists_sharing_blocked
    """
_ANEW: Final = """
    message_not_found thread_not_found cant_update_message cant_delete_message edit_window_closed
    cannot_reply_to_message restricted_action_thread_locked thread_locked not_found
    """
_FILE: Final = """
    file_uploads_disabled file_uploads_except_images_disabled file_type_not_allowed blocked_file_type
    file_upload_size_restricted storage_limit_reached snippet_too_large slack_connect_blocked_file_type
    slack_connect_clip_sharing_blocked slack_connect_file_upload_sharing_blocked
    """
_CHANNEL: Final = """
    channel_not_found invalid_channel is_archived is_inactive not_in_channel restricted_action
    restricted_action_read_only_channel restricted_action_thread_only_channel
    restricted_action_non_threadable_channel ekm_access_denied posting_to_channel_denied team_not_found
    message_limit_exceeded channel_is_limited_access messages_tab_disabled user_not_in_channel
    method_not_supported_for_channel_type user_not_found user_not_visible user_disabled invalid_user_combination
    """
_ACCESS: Final = """
    account_inactive invalid_auth not_authed token_expired token_revoked not_allowed_token_type missing_scope
    no_permission team_access_not_granted accesslimited access_denied app_access_restricted
    two_factor_setup_required enterprise_is_restricted not_enabled is_bot forbidden_team no_access invalid_types
    """

_REMEDIES: Final[Mapping[str, Remedy]] = MappingProxyType(
    {
        code: remedy
        for remedy, codes in (
            (Remedy.LATER, _LATER),
            (Remedy.CONTENT, _CONTENT),
            (Remedy.ANEW, _ANEW),
            (Remedy.FILE, _FILE),
            (Remedy.CHANNEL, _CHANNEL),
            (Remedy.TOKEN, _ACCESS),
            (Remedy.TRIGGER, "expired_trigger_id trigger_expired exchanged_trigger_id invalid_trigger_id"),
            (Remedy.DONE, "already_reacted no_reaction"),
        )
        for code in codes.split()
    }
)

MAYBE_DONE: Final = frozenset(
    {"fatal_error", "internal_error", "request_timeout", "service_unavailable", "update_failed"}
)
"""Slack says of these: «it's possible some aspect of the operation succeeded before the error was raised»."""

TOO_FAST: Final = frozenset({"ratelimited", "rate_limited"})

_MENDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "is_archived": "unarchive the channel",
        "is_inactive": "unarchive the channel",
        "not_in_channel": "invite the bot: /invite @Caretaker",
        "channel_not_found": "create the channel, invite the bot, or correct slack.channel",
        "restricted_action_read_only_channel": "let the bot post in the channel (its posting permissions)",
        "restricted_action_thread_only_channel": "let the bot begin messages in the channel (posting permissions)",
        "restricted_action_non_threadable_channel": "allow threads in the channel (posting permissions)",
        "restricted_action": "let the bot post in the channel (workspace settings, posting permissions)",
        "message_limit_exceeded": "the workspace's plan allows no more messages",
        "missing_scope": "reinstall the app from the manifest that `caretaker manifest` prints",
    }
)


def remedy_for(code: str) -> Remedy:
    """What may follow a refusal with this code."""
    return _REMEDIES.get(code, Remedy.UNKNOWN)


def mend_for(code: str) -> str:
    """What a person can do about it."""
    known = _MENDS.get(code)
    if known is not None:
        return known
    match remedy_for(code):
        case Remedy.TOKEN:
            return "look at the app and its tokens: `caretaker doctor` says which is refused"
        case Remedy.CHANNEL:
            return "look at the channel's settings: `caretaker doctor` says what it sees of it"
        case _:
            return "look at the log; it is tried again"
