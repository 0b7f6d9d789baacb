"""What waits to be delivered: coalesced, in order, in doubt after a crash, due by any clock, in time forgotten."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.store.outbox import Parcel, Post, Waiting

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
CARD = Parcel("incident:7", "card")
LINE = Parcel("incident:7", "line", thread="incident:7", text="web1 is back")


def only(store) -> Waiting:
    [waiting] = store.outbox.waiting()
    return waiting


def test_a_parcel_is_read_as_it_was_put_in_its_content_apart(store):
    file = Parcel("incident:7", "file", "incident:7", "The screen of web1", "web1.png", b"\x89PNG")
    store.outbox.add(file, NOW, NOW + SECOND)
    waiting = only(store)
    assert waiting.parcel == Parcel("incident:7", "file", "incident:7", "The screen of web1", "web1.png")
    assert store.outbox.content(waiting.id) == b"\x89PNG"
    assert (waiting.created_at, waiting.due_at, waiting.attempts, waiting.doubtful) == (
        NOW,
        NOW + SECOND,
        0,
        False,
    )


def test_fifty_changes_of_one_card_are_one_parcel_due_when_the_first_is(store):
    for second in range(50, 0, -1):
        store.outbox.add(CARD, NOW, NOW + second * SECOND)
    assert only(store).due_at == NOW + SECOND
    store.outbox.add(CARD, NOW, NOW + HOUR)
    assert only(store).due_at == NOW + SECOND


def test_lines_and_cards_of_others_are_never_taken_together(store):
    for parcel in (CARD, LINE, LINE, Parcel("incident:8", "card")):
        store.outbox.add(parcel, NOW, NOW)
    subjects = [waiting.parcel.subject for waiting in store.outbox.waiting()]
    assert subjects == ["incident:7", "incident:8", "incident:7", "incident:7"]  # first messages come first


def test_a_card_that_changes_while_it_is_being_sent_waits_anew(store):
    store.outbox.add(CARD, NOW, NOW)
    sending = only(store)
    store.outbox.begin(sending.id)
    store.outbox.add(CARD, NOW, NOW)
    assert only(store).id != sending.id


def test_a_doubtful_card_is_not_made_due_sooner_by_a_change(store):
    store.outbox.add(CARD, NOW, NOW)
    store.outbox.again(only(store).id, NOW + 5 * SECOND, "lost", doubtful=True)
    store.outbox.add(CARD, NOW, NOW)
    assert only(store).due_at == NOW + 5 * SECOND


def test_a_cards_key_is_its_subjects_for_ever_and_a_lines_is_its_own(store):
    for parcel in (CARD, LINE, LINE):
        store.outbox.add(parcel, NOW, NOW)
    card, first, second = (w.key for w in store.outbox.waiting())
    assert card == "incident:7"
    assert len({card, first, second}) == 3


def test_a_key_is_not_used_twice_although_the_old_are_forgotten(store):
    keys = set()
    for day in range(5):
        store.outbox.add(LINE, NOW, NOW)
        keys.add(only(store).key)
        store.outbox.sent(only(store).id)
        store.outbox.prune(NOW + timedelta(days=day + 1))
    assert len(keys) == 5


def test_what_was_being_sent_when_the_process_ended_is_in_doubt_until_a_late_request_must_have_arrived(store):
    for parcel in (CARD, LINE):
        store.outbox.add(parcel, NOW, NOW + 2 * SECOND)
    store.outbox.begin(store.outbox.waiting()[0].id)
    store.outbox.recover(NOW, NOW + 5 * SECOND)
    card, line = store.outbox.waiting()
    assert (card.doubtful, card.due_at, card.attempts) == (True, NOW + 5 * SECOND, 1)
    assert (line.doubtful, line.due_at) == (False, NOW)


def test_after_a_start_with_a_clock_that_is_years_behind_nothing_waits_for_years(store):
    for parcel in (CARD, LINE):
        store.outbox.add(parcel, NOW, NOW)
    store.outbox.again(store.outbox.waiting()[0].id, NOW + 5 * SECOND, "lost", doubtful=True)
    boot = datetime(2020, 1, 1, tzinfo=UTC)
    store.outbox.recover(boot, boot + 5 * SECOND)
    assert [w.due_at for w in store.outbox.waiting()] == [boot + 5 * SECOND, boot]


@pytest.mark.parametrize("step", [HOUR, -HOUR])
def test_a_clock_step_shifts_what_is_due_and_wakes_who_delivers(store, step):
    store.outbox.add(LINE, NOW, NOW + 2 * SECOND)
    store.outbox.added = False
    store.outbox.shift(step)
    assert only(store).due_at == NOW + step + 2 * SECOND
    assert store.outbox.added


@pytest.mark.parametrize(("step", "looked_for_from"), [(HOUR, NOW), (-HOUR, NOW - HOUR)])
def test_a_clock_step_never_hides_a_doubtful_post_from_the_look_for_it(store, step, looked_for_from):
    store.outbox.add(LINE, NOW, NOW)
    store.outbox.shift(step)
    assert only(store).created_at == looked_for_from


def test_what_waits_knows_where_its_own_message_and_its_thread_stand(store):
    step = Parcel("run:3:step:0", "card", thread="incident:7")
    for parcel in (CARD, step):
        store.outbox.add(parcel, NOW, NOW)
    assert [(w.at, w.thread) for w in store.outbox.waiting()] == [(None, None), (None, None)]
    card, reply = Post("C1", "1.0"), Post("C1", "2.0")
    store.outbox.posted("incident:7", card, NOW)
    store.outbox.posted("run:3:step:0", reply, NOW)
    assert [(w.at, w.thread) for w in store.outbox.waiting()] == [(card, None), (reply, card)]
    store.outbox.forget_post("incident:7")
    assert store.outbox.post("incident:7") is None
    assert store.outbox.post("run:3:step:0") == reply


def test_only_what_is_settled_and_old_is_forgotten_and_its_content_at_once(store):
    file = Parcel("incident:7", "file", "incident:7", "output", "out.txt", b"much")
    for at in (NOW, NOW, NOW, NOW + HOUR, NOW + HOUR):
        store.outbox.add(file, at, at)
    sent, failed, waiting, fresh, newest = (w.id for w in store.outbox.waiting())
    store.outbox.sent(sent)
    store.outbox.failed(failed, "too long")
    store.outbox.sent(fresh)
    assert store.outbox.content(sent) == store.outbox.content(failed) == b""
    assert store.outbox.prune(NOW + HOUR) == 2
    assert [w.id for w in store.outbox.waiting()] == [waiting, newest]


def test_what_was_told_once_is_not_new(store):
    assert store.outbox.is_new("library:restore:abc")
    store.outbox.add(Parcel("library:restore:abc", "line", text="mistake"), NOW, NOW)
    store.outbox.sent(only(store).id)
    assert not store.outbox.is_new("library:restore:abc")
