"""What got a number anew, after a restore, has another mark on its cards."""

from bot.store import Store


def test_a_mark_stays_and_no_two_have_the_same(tmp_path):
    store = Store(tmp_path / "caretaker.db")
    marks = {subject: store.card_marks.of(subject) for subject in ("incident:1", "incident:2", "run:1")}
    assert len(set(marks.values())) == 3
    assert {subject: store.card_marks.of(subject) for subject in marks} == marks
    assert store.card_marks.known("run:1") == marks["run:1"]
    assert store.card_marks.known("run:2") == ""
    store.close()


def test_a_number_given_anew_is_marked_anew(tmp_path):
    before, restored = Store(tmp_path / "before.db"), Store(tmp_path / "restored.db")
    assert before.card_marks.of("run:1") != restored.card_marks.of("run:1")
    before.close()
    restored.close()
