"""Runs carried out: real scripts on this machine, real processes, a real database."""

import asyncio
import random
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from bot import runs
from bot.actions import ActionType, Context, Outcome
from bot.core.health import TargetId
from bot.core.jobs import Place, PlaceKind
from bot.core.lab import Effect, LabCall, LabVerb
from bot.core.lengths import clock_time
from bot.core.offer import offer
from bot.core.progress import Progress
from bot.core.run import Button, Press, RunId, RunStatus, State, Stop
from bot.hypervisor import GuestRefused, HypervisorUnreachable
from bot.performing import OLD, Performer
from bot.performing.bar import Bar
from bot.performing.recorded import _is_given_up
from bot.reach import OUTPUT_LIMIT, Refused, Unreachable
from bot.reach.local import LocalReach
from bot.reach.ssh import SshHost, SshReach
from bot.redact import Redactor
from bot.store.writer import Writer
from bot.usecases import script_records
from bot.usecases.clock_steps import clock_stepped
from tests.real.processes import alive
from tests.real.sshd import running_sshd
from tests.waiting import until
from tests.walking import ALEX, clock, house, lines, parcels, runbook, stored

HEAD = "# Mend a guest\n\n"
ASKS = {
    State.READY,
    State.HELD,
    State.CLEARED,
    State.ASKING,
    State.CHOOSING,
    State.FAILED,
    State.UNPROVEN,
    State.UNKNOWN,
}


def step(script: str, *settings: str, check: str = "", heading: str = "Do it", language: str = "sh") -> str:
    """A step that runs on this machine."""
    listed = "".join(f"- {setting}\n" for setting in ("Run on: bot", *settings))
    return f"## {heading}\n{listed}\n```{language}\n{script}\n```\n\n{check}"


def check(script: str, times: str = "") -> str:
    return f"**Check**{times}:\n\n```sh\n{script}\n```\n\n"


def lab(line: str, *settings: str) -> str:
    return "## Do it\n" + "".join(f"- {setting}\n" for setting in settings) + f"\n```lab\n{line}\n```\n\n"


def sleeper() -> str:
    """A command that sleeps long and is to be recognised among all processes."""
    return f"sleep {random.uniform(1000, 9000):.9f}"


def is_done(outcome: Outcome):
    async def run(_call, _context: Context) -> Outcome:
        return outcome

    return run


async def hangs(_call, _context: Context) -> Outcome:
    await asyncio.Event().wait()
    raise AssertionError


async def is_refused(_call, _context: Context) -> Outcome:
    raise GuestRefused("cannot start 'web1' on atlas: because it is pinned")


async def is_mistaken(_call, _context: Context) -> Outcome:
    raise KeyError("web1")


class Bot:
    """A performer on a database. A bot that is made anew on the same folder finds what the last one left."""

    def __init__(
        self,
        folder: Path,
        reaches=lambda _run, _place: LocalReach(),
        action=None,
        effect=Effect.LOOKS,
        redactor: Redactor | None = None,
        context=lambda _run: None,
    ) -> None:
        self.house = house(folder)
        self.set_by = timedelta()  # what was done to the system's clock
        self.stops = 0  # how often this process was stopped
        self.writer = Writer(lambda: clock() + self.set_by, redactor)
        actions = {"start": ActionType(LabVerb("start", ("guest",), effect=effect), action)} if action else {}
        self.make = partial(Performer, self.writer, self.house, reaches, actions, context, self.befell)
        self.performer = self.make()
        self.crashed: list[Performer] = []

    async def befell(self) -> int:
        return self.stops

    def crash(self) -> Performer:
        """Forget the performer, as a new process would. It is returned as the world outside goes on with it."""
        self.crashed.append(self.performer)
        self.performer = self.make()
        return self.crashed[-1]

    async def take_up(self) -> None:
        """Go on where the last bot was, as a start does."""
        await self.performer.take_up(await self.do(runs.resume, self.house, "the bot was off"))

    async def do(self, use_case, *args):
        return await self.writer.do(use_case, *args)

    async def start(self, text: str, **values: str) -> None:
        """Start a run; of a guest where its values name one."""
        target = TargetId(f"guest:{values['guest']}") if "guest" in values else None
        self.performer.perform(
            await self.do(runs.start, self.house, runbook(HEAD + text), values, runs.Aim(target, None), ALEX)
        )

    async def move(self, command) -> None:
        self.performer.perform(await self.do(runs.move, self.house, 1, command, ALEX))

    async def press(self, button: Button, **more) -> None:
        run = await self.run()
        await self.move(Press(button, run.current, run.version, "", **more))

    async def run(self):
        return await self.do(stored)

    async def comes_to(self, *states: State, seconds: float = 10.0):
        """The run, once its current step is in one of these states or the run is over."""

        async def there():
            run = await self.run()
            return run if run.state in states or run.ended else None

        return await until(there, seconds)

    async def pressed(self, button: Button, seconds: float = 10.0, **more):
        """The run, once what was pressed is over and a person is asked, or all is done."""
        await self.press(button, **more)
        return await self.comes_to(*ASKS, seconds=seconds)

    async def lines(self) -> list[str]:
        return await self.do(lines)

    async def told(self, text: str) -> bool:
        """Whether a line in the thread has it."""
        return any(text in line for line in await self.lines())

    async def offered(self) -> tuple[Button, ...]:
        """What a person can press now."""
        run = await self.run()
        name, text = await self.do(lambda store, _now: store.runs.text(run.text_hash))
        return offer(run, self.house.read(name, text)).buttons


@asynccontextmanager
async def living(folder: Path, **how):
    bot = Bot(folder, **how)
    await bot.writer.open(folder / "caretaker.db")
    try:
        yield bot
    finally:
        for one in (*bot.crashed, bot.performer):
            await one.close()
        await bot.writer.close()


@pytest.fixture
async def bot(tmp_path):
    async with living(tmp_path) as bot:
        yield bot


# --- walking -----------------------------------------------------------------------------------------------------


async def test_a_moment_in_a_list_is_told_in_the_labs_zone(bot) -> None:
    listing = r"printf 'a1\t2026-02-28T02:00:00Z, from atlas\n2026-02-28T02:00:00Z\n'"
    await bot.start(step(listing, "Choose: snapshot"))
    dated, bare = (await bot.pressed(Button.RUN)).steps[0].choices
    told = clock_time(datetime(2026, 2, 28, 2, tzinfo=UTC), bot.house.config.zone, "%Y-%m-%d %H:%M")
    assert dated.label == f"{told}, from atlas"
    assert bare.label == bare.value == "2026-02-28T02:00:00Z"


async def test_of_a_scripts_output_that_is_too_long_no_half_secret_is_kept(tmp_path) -> None:
    rest = OUTPUT_LIMIT - len("abc-DEF")
    script = f"printf xoxb-12-; printf abc-DEF; head -c {rest} /dev/zero | tr '\\0' x"
    async with living(tmp_path, redactor=Redactor(["xoxb-12-abc-DEF"])) as bot:
        await bot.start(step(script))
        await bot.pressed(Button.RUN)
        [output] = [one.content.decode() for one in await bot.do(parcels) if one.tell == "file"]
    assert output.partition("\n")[2].startswith("[secret]xxx"), "below the line that says what is left out"


async def test_a_run_is_walked_to_its_end(bot, tmp_path) -> None:
    disk = tmp_path / "disk"
    listing = r"printf 'a1\tyesterday\nb2\n\na1\ttwice\n'"
    await bot.start(
        step(listing, "Choose: snapshot", heading="Choose")
        + step('echo "$snapshot" > "$disk"; echo restored', heading="Restore", check=check('grep b2 "$disk"')),
        disk=str(disk),
    )
    run = await bot.pressed(Button.RUN)
    assert [(choice.value, choice.label) for choice in run.steps[0].choices] == [("a1", "twice"), ("b2", "b2")]
    await bot.press(Button.CHOOSE, answer="b2")
    run = await bot.pressed(Button.RUN)
    assert run.status is RunStatus.DONE
    assert [(one.state, one.summary) for one in run.steps] == [(State.ANSWERED, ""), (State.VERIFIED, "b2")]
    assert disk.read_text() == "b2\n"
    assert await bot.lines() == ["Output of step 2:\n\frestored", "“Mend a guest” is done."]


async def test_a_value_is_data_whatever_it_holds(bot, tmp_path) -> None:
    nasty = f'\'; touch {tmp_path}/made; echo $(id) "`id`"\n'
    await bot.start(step('printf %s "$host" > "$disk"'), host=nasty, disk=str(tmp_path / "out"))
    assert (await bot.pressed(Button.RUN)).status is RunStatus.DONE
    assert (tmp_path / "out").read_text() == nasty
    assert not (tmp_path / "made").exists()


@pytest.mark.slow
async def test_an_end_that_cannot_be_written_is_written_once_it_can(bot, tmp_path, caplog) -> None:
    await bot.start(step(f"until [ -e {tmp_path}/go ]; do sleep 0.02; done; echo did it"))
    await bot.press(Button.RUN)
    await bot.do(lambda store, _now: store._db.execute("PRAGMA query_only = on") and None)
    (tmp_path / "go").touch()
    await until(lambda: "cannot note how step 1 of run 1 ended: because" in caplog.text, 20)
    await bot.do(lambda store, _now: store._db.execute("PRAGMA query_only = off") and None)
    assert (await bot.comes_to(State.DONE, seconds=20)).ended
    assert await bot.told("did it")


async def test_a_script_that_fails_asks_and_can_be_tried_again(bot, tmp_path) -> None:
    await bot.start(
        step('echo trying; [ -e "$disk" ] || { echo "no disk"; exit 3; }'), disk=str(tmp_path / "disk")
    )
    run = await bot.pressed(Button.RUN)
    assert (run.state, run.steps[0].summary) == (State.FAILED, "exit status 3: no disk")
    assert await bot.lines() == ["Output of step 1:\n\ftrying\nno disk"]
    (tmp_path / "disk").touch()
    run = await bot.pressed(Button.RETRY)
    assert (run.status, run.steps[0].attempt) == (RunStatus.DONE, 2)


def before(script: str) -> str:
    """A guard for the step below it, which runs where that runs."""
    return f"**Before**: it is there.\n\n```sh\n{script}\n```\n\n"


def guarded(guard: str, script: str) -> str:
    return f"## Do it\n- Run on: bot\n\n{guard}```sh\n{script}\n```\n"


async def test_what_must_hold_is_looked_at_when_it_is_pressed_and_what_does_not_hold_runs_nothing(bot, tmp_path):
    disk, made = tmp_path / "disk", tmp_path / "made"
    text = guarded(before('echo looking; [ -e "$disk" ] || { echo "no disk"; exit 3; }'), f"touch {made}")
    await bot.start(text, disk=str(disk))
    disk.touch()  # as it was when the button was drawn
    disk.unlink()
    run = await bot.pressed(Button.RUN)
    assert (run.state, run.steps[0].summary) == (State.HELD, "exit status 3: no disk")
    assert await bot.lines() == ["Output of step 1:\n\flooking\nno disk"]
    disk.touch()
    assert (await bot.pressed(Button.CHECK_AGAIN)).state is State.READY
    assert not made.exists(), "whoever looks again has not pressed Run"
    assert (await bot.pressed(Button.RUN)).status is RunStatus.DONE
    assert made.exists()


def waits(folder: Path) -> str:
    """A look that begins, and ends once it may."""
    return f"touch {folder}/begun; while [ ! -e {folder}/may-end ]; do sleep 0.05; done"


async def sleeps_meanwhile(bot: Bot, folder: Path) -> None:
    """The machine sleeps while that is looked at."""
    await until((folder / "begun").exists)
    bot.stops += 1
    (folder / "may-end").touch()


async def test_nothing_runs_on_a_look_across_which_the_bot_was_stopped(bot, tmp_path):
    made = tmp_path / "made"
    await bot.start(guarded(before(waits(tmp_path)), f"touch {made}"))
    await bot.press(Button.RUN)
    await sleeps_meanwhile(bot, tmp_path)
    run = await bot.comes_to(*ASKS)
    assert (run.state, run.steps[0].summary) == (State.HELD, OLD.text)
    assert (await bot.pressed(Button.CHECK_AGAIN)).state is State.READY
    assert not made.exists()
    assert (await bot.pressed(Button.RUN)).status is RunStatus.DONE
    assert made.exists()


async def test_nothing_is_proven_by_such_a_look(bot, tmp_path):
    await bot.start(step("true", check=check(waits(tmp_path))))
    await bot.press(Button.RUN)
    await sleeps_meanwhile(bot, tmp_path)
    run = await bot.comes_to(*ASKS)
    assert (run.state, run.steps[0].summary) == (State.UNPROVEN, OLD.text)
    assert (await bot.pressed(Button.CHECK_AGAIN)).status is RunStatus.DONE


async def test_what_cant_be_looked_at_holds_nothing(tmp_path):
    def refuses(_run, _place):
        raise Refused("cannot run anything on atlas: because it does not answer")

    async with living(tmp_path, reaches=refuses) as bot:
        await bot.start(guarded(before("true"), f"touch {tmp_path}/made"))
        run = await bot.pressed(Button.RUN)
    assert (run.state, run.steps[0].summary) == (
        State.HELD,
        "cannot run anything on atlas: because it does not answer",
    )
    assert not (tmp_path / "made").exists()


async def test_a_list_that_cant_be_made_says_why(bot) -> None:
    await bot.start(step("echo repository is locked; exit 1", "Choose: snapshot"))
    run = await bot.pressed(Button.RUN)
    assert (run.state, run.steps[0].summary) == (State.FAILED, "exit status 1: repository is locked")
    assert await bot.lines() == ["Output of step 1:\n\frepository is locked"]


async def test_an_empty_list_is_a_failure(bot) -> None:
    await bot.start(step("true", "Choose: snapshot"))
    run = await bot.pressed(Button.RUN)
    assert (run.state, run.steps[0].summary) == (State.FAILED, "the list is empty")


async def test_a_list_offers_as_much_as_slack_can_hold(bot) -> None:
    await bot.start(step("seq 250", "Choose: snapshot"))
    (choosing,) = (await bot.pressed(Button.RUN)).steps
    assert len(choosing.choices) == 100
    assert choosing.summary == "Of 250, the first 100: a list in Slack can hold no more."


async def test_output_whose_beginning_is_left_out_says_so(bot) -> None:
    await bot.start(step("seq 200000; echo the end"))
    await bot.pressed(Button.RUN)
    (file,) = [one for one in await bot.do(parcels) if one.name]
    first, second, *_ = file.content.decode().split("\n")
    assert first.startswith("[The beginning is left out: the last million characters are kept.")
    assert int(second) > 1


async def test_a_list_whose_beginning_is_left_out_offers_nothing(bot) -> None:
    await bot.start(step("seq 200000", "Choose: snapshot"))
    run = await bot.pressed(Button.RUN)
    assert (run.state, run.steps[0].choices) == (State.FAILED, ())
    assert run.steps[0].summary == "the list has more than a million characters, and its beginning is left out"


async def test_a_signal_that_ended_a_script_is_named(bot) -> None:
    await bot.start(step("kill -KILL $$"))
    assert (await bot.pressed(Button.RUN)).steps[0].summary == "was ended by a signal"


@pytest.mark.slow
async def test_a_time_limit_ends_the_process_itself(bot) -> None:
    child = sleeper()
    await bot.start(step(f"echo begun\n{child}", "Time limit: 1 second"))
    run = await bot.pressed(Button.RUN)
    assert (run.state, run.steps[0].summary) == (State.FAILED, "ended after its time limit of 1 s: begun")
    assert not alive(child)


# --- checks ------------------------------------------------------------------------------------------------------


@pytest.mark.slow
async def test_a_check_looks_until_it_passes(bot, tmp_path) -> None:
    looks = tmp_path / "looks"
    third = 'echo look >> "$disk"; [ "$(wc -l < "$disk")" -ge 3 ]'
    await bot.start(step("true", check=check(third, " every 1 second for 1 minute")), disk=str(looks))
    run = await bot.pressed(Button.RUN)
    assert (run.status, run.steps[0].state) == (RunStatus.DONE, State.VERIFIED)
    assert looks.read_text().count("look") == 3
    assert await bot.lines() == ["“Mend a guest” is done."], (
        "what a check that passed has printed is nobody's concern"
    )


async def test_a_check_that_fails_shows_what_it_saw(bot) -> None:
    await bot.start(step("echo all is well", check=check("echo 3 errors; false")))
    run = await bot.pressed(Button.RUN)
    assert (run.state, run.steps[0].summary) == (State.UNPROVEN, "exit status 1: 3 errors")
    assert await bot.lines() == [
        "Output of step 1:\n\fall is well",
        "Output of step 1:\n\f3 errors",
    ]


@pytest.mark.slow
async def test_a_check_that_hangs_takes_no_longer_than_it_was_given(bot) -> None:
    await bot.start(step("true", check=check(sleeper(), " every 1 second for 1 second")))
    run = await bot.pressed(Button.RUN, seconds=8)
    assert (run.state, run.steps[0].summary) == (State.UNPROVEN, "ended after its time limit of 1 s")


# --- calling off, crashing ---------------------------------------------------------------------------------------


async def test_stop_ends_what_runs(bot) -> None:
    child = sleeper()
    await bot.start(step(child))
    await bot.press(Button.RUN)
    await until(lambda: alive(child))
    await bot.move(Stop("", "enough"))
    await until(lambda: not alive(child))
    run = await bot.run()
    assert (run.status, run.state, run.steps[0].summary) == (
        RunStatus.STOPPED,
        State.UNKNOWN,
        "called off while it was under way",
    )


STEPS = [timedelta(hours=-1), timedelta(days=8), timedelta(days=-20_000)]


async def records(bot: Bot) -> int:
    return await bot.do(lambda store, _now: len(store.script_records.all()))


@pytest.mark.parametrize("noticed", [True, False])
@pytest.mark.parametrize("set_by", STEPS)
async def test_stop_ends_what_runs_however_the_clock_was_set_meanwhile(bot, set_by, noticed) -> None:
    child = sleeper()
    await bot.start(step(child))
    await bot.press(Button.RUN)
    await until(lambda: alive(child))
    bot.set_by = set_by
    if noticed:
        await bot.do(clock_stepped, bot.house.config, set_by)
        known = await bot.do(script_records.find, 1, 0, 1)
        pressed = (await bot.run()).steps[0].pressed_at
        assert timedelta() <= known.age < timedelta(minutes=1)
        assert timedelta() <= clock() + set_by - pressed < timedelta(minutes=1)
    await bot.move(Stop("", "enough"))
    await until(lambda: not alive(child))

    async def settled() -> bool:
        return await records(bot) == 0

    await until(settled)


async def test_after_a_crash_and_a_set_clock_what_nobody_waits_for_is_ended(bot) -> None:
    child = sleeper()
    await bot.start(step(child))
    await bot.press(Button.RUN)
    await until(lambda: alive(child))
    await bot.do(runs.move, bot.house, 1, Stop("", "enough"), ALEX)  # it dies before it acts on that
    bot.crash()
    bot.set_by = timedelta(hours=-1)
    await bot.take_up()
    await until(lambda: not alive(child))


class Away(LocalReach):
    """A machine that can't be reached for now."""

    def __init__(self) -> None:
        self.away = False

    async def speak(self, *asked, **how):
        if self.away:
            raise Unreachable("cannot reach atlas (10.0.0.5:22): because Connection refused")
        await super().speak(*asked, **how)


async def test_what_cant_be_ended_is_told_and_its_record_stays_whatever_the_clock_says(tmp_path) -> None:
    child, machine = sleeper(), Away()
    async with living(tmp_path, reaches=lambda _run, _place: machine) as bot:
        await bot.start(step(child))
        await bot.press(Button.RUN)
        await until(lambda: alive(child))
        machine.away, bot.set_by = True, timedelta(days=8)
        await bot.move(Stop("", "enough"))

        async def told() -> bool:
            return await bot.told("It may still run on the bot's machine: cannot reach atlas")

        await until(told)
        assert await records(bot) == 1
        machine.away = False
        await until(lambda: not alive(child))


async def test_what_could_not_be_reached_for_a_week_is_given_up_and_that_is_told(bot) -> None:
    machine = Away()
    machine.away = True
    await bot.start(step("true"))
    run = await bot.run()
    long_ago = script_records.Known(
        "0" * 32, run.id, Place(PlaceKind.BOT), timedelta(days=-1), timedelta(days=8), None
    )
    bot.performer._scripts.settle(run, long_ago, lambda: machine)

    async def told() -> bool:
        return await bot.told("I have stopped trying to end it.")

    await until(told)


def test_a_clock_that_was_set_alone_ends_no_search() -> None:
    limit, week = timedelta(hours=2), timedelta(days=7)

    def given_up(age: timedelta | None, sought: timedelta) -> bool:
        known = script_records.Known("0", RunId(1), Place(PlaceKind.BOT), limit, age, None)
        return _is_given_up(known, sought)

    assert not given_up(week, limit), "its own time limit may not have ended it yet"
    assert given_up(week, limit + timedelta(minutes=1))
    assert not given_up(None, timedelta(days=6))
    assert given_up(None, week)


@pytest.mark.slow
async def test_a_bot_that_stops_ends_what_runs_and_the_next_one_knows_that(tmp_path) -> None:
    child = sleeper()
    async with living(tmp_path) as bot:
        await bot.start(step(f'echo once >> "$disk"; {child}'), disk=str(tmp_path / "done"))
        await bot.press(Button.RUN)
        await until(lambda: alive(child))
    assert not alive(child)
    async with living(tmp_path) as bot:
        await bot.take_up()
        run = await bot.comes_to(State.FAILED)
        assert run.steps[0].summary == "stopped"
        assert (tmp_path / "done").read_text() == "once\n"


@pytest.mark.slow
async def test_a_stop_just_before_the_end_of_the_bot_still_ends_the_process(tmp_path) -> None:
    child = sleeper()
    async with living(tmp_path) as bot:
        await bot.start(step(f"trap '' TERM; {child}"))
        await bot.press(Button.RUN)
        await until(lambda: alive(child))
        await bot.move(Stop("", "enough"))
    assert not alive(child), "closing waits for what is being ended already"


@pytest.mark.parametrize(("button", "times"), [(Button.IT_RAN, 1), (Button.RUN_AGAIN, 2)])
async def test_after_a_crash_an_action_is_not_repeated_until_a_person_says_so(tmp_path, button, times) -> None:
    done, gate = tmp_path / "done", asyncio.Event()

    async def starts(_call, _context: Context) -> Outcome:
        with done.open("a") as file:
            file.write("once\n")
        await gate.wait()
        return Outcome(ok=True, text="late")

    async with living(tmp_path, action=starts) as bot:
        await bot.start(lab("start $guest"), guest="web1")
        await bot.press(Button.RUN)
        await until(done.exists)
        crashed = bot.crash()
        await bot.take_up()
        gate.set()
        await until(lambda: not crashed._tasks)  # its answer came, too late
        run = await bot.run()
        assert (run.state, run.steps[0].summary, run.steps[0].attempt) == (State.UNKNOWN, "the bot was off", 1)
        assert done.read_text() == "once\n"
        assert (await bot.pressed(button)).status is RunStatus.DONE
        assert done.read_text() == times * "once\n"


async def test_after_a_crash_a_script_goes_on_and_its_output_is_whole(bot, tmp_path) -> None:
    gate, done = tmp_path / "gate", tmp_path / "done"
    script = 'echo early; echo once >> "$disk"; while [ ! -e "$host" ]; do sleep 0.05; done; echo late'
    await bot.start(step(script), disk=str(done), host=str(gate))
    await bot.press(Button.RUN)
    await until(done.exists)
    bot.crash().perform = lambda _: None  # nothing follows from what the dead one hears
    await bot.take_up()
    assert (await bot.run()).state in {State.SEEKING, State.RUNNING}
    gate.touch()
    run = await bot.comes_to(*ASKS)
    assert (run.status, run.steps[0].attempt, done.read_text()) == (RunStatus.DONE, 1, "once\n")
    assert "Output of step 1:\n\fearly\nlate" in await bot.lines()


async def test_a_script_that_runs_is_followed_to_its_end_whatever_has_its_guests_name_by_now(tmp_path) -> None:
    gate, done = tmp_path / "gate", tmp_path / "done"
    names = ["web1", "another guest's"]

    def machine(_name):
        if names[0] == "web1":
            raise HypervisorUnreachable("cannot list the guests' states on atlas: because libvirtd is gone")
        raise GuestRefused("cannot act on 'web1' on atlas: because that is another guest now")

    context = Context(machine, *[None] * 6)
    script = f'echo "$guest" >> {done}; while [ ! -e {gate} ]; do sleep 0.05; done'
    async with living(tmp_path, context=lambda _run: context) as bot:
        await bot.start(
            step(script).replace("Run on: bot", "Run on: $hypervisor"),
            guest="web1",
            guest_uuid="1",
            hypervisor="atlas",
        )
        await bot.press(Button.RUN)
        await until(done.exists)
        names.pop(0)
        bot.crash().perform = lambda _: None  # nothing follows from what the dead one hears
        await bot.take_up()
        gate.touch()
        run = await bot.comes_to(*ASKS)
        assert (run.status, done.read_text()) == (RunStatus.DONE, "web1\n")


async def test_what_was_only_looked_at_when_the_bot_died_is_looked_at_again(bot, tmp_path) -> None:
    gate, done = tmp_path / "gate", tmp_path / "done"
    await bot.start(
        step('echo once >> "$disk"', check=check('[ -e "$host" ]', " every 1 second for 1 minute")),
        disk=str(done),
        host=str(gate),
    )
    await bot.press(Button.RUN)
    await bot.comes_to(State.VERIFYING)
    await bot.crash().close()
    await bot.take_up()
    gate.touch()
    run = await bot.comes_to(*ASKS)
    assert (run.status, run.steps[0].state, done.read_text()) == (RunStatus.DONE, State.VERIFIED, "once\n")


# --- where it can't be done --------------------------------------------------------------------------------------


def refused(_run, place: Place):
    assert place == Place(PlaceKind.BOT)
    raise Refused("cannot run this on the bot's machine: because lab.yaml does not say runbooks.run_on_bot")


class Lost(LocalReach):
    """A machine that is not there: nothing can be sent."""

    async def speak(self, *_, **__):
        raise Unreachable("cannot reach atlas (10.0.0.5:22): because Connection refused")


async def test_a_place_that_is_refused_is_a_failure_that_says_so(tmp_path) -> None:
    async with living(tmp_path, reaches=refused) as bot:
        await bot.start(step("true", "Watch the size of: /nowhere"))
        run = await bot.pressed(Button.RUN)
        assert run.state is State.FAILED
        assert run.steps[0].summary.endswith("lab.yaml does not say runbooks.run_on_bot")


@pytest.mark.parametrize(
    ("asked", "ran"),
    [
        (GuestRefused("cannot reach 'web1': because lab.yaml has no hosts.atlas.hypervisor"), False),
        (HypervisorUnreachable("cannot list the guests' states on atlas: because libvirtd is gone"), True),
    ],
    ids=["another guest", "no libvirt to ask"],
)
async def test_a_script_on_a_host_that_names_the_guest_runs_unless_that_is_another_by_now(tmp_path, asked, ran):
    def machine(_name):
        raise asked

    context = Context(machine, *[None] * 6)
    async with living(tmp_path, context=lambda _run: context) as bot:
        script = step(f'echo "$guest" > {tmp_path}/ran').replace("Run on: bot", "Run on: $hypervisor")
        await bot.start(script, guest="web1", guest_uuid="1", hypervisor="atlas")
        run = await bot.pressed(Button.RUN)
        assert (tmp_path / "ran").exists() is ran
        assert (run.state, str(asked) in run.steps[0].summary) == ((State.DONE if ran else State.FAILED), not ran)


async def test_a_machine_that_is_not_there_is_a_failure_that_says_so(tmp_path) -> None:
    async with living(tmp_path, reaches=lambda _run, _place: Lost()) as bot:
        await bot.start(step("true"))
        run = await bot.pressed(Button.RUN)
        assert run.state is State.FAILED
        assert run.steps[0].summary == "cannot reach atlas (10.0.0.5:22): because Connection refused"


# --- built-in actions --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "state", "summary"),
    [
        (is_done(Outcome(ok=True, text="web1 was started")), State.DONE, "web1 was started"),
        (is_done(Outcome(ok=False, text="web1 is stuck")), State.FAILED, "web1 is stuck"),
        (is_refused, State.FAILED, "cannot start 'web1' on atlas: because it is pinned"),
        (is_mistaken, State.FAILED, "KeyError: 'web1'"),
    ],
)
async def test_an_action_ends_well_or_says_why_not(tmp_path, action, state, summary) -> None:
    async with living(tmp_path, action=action) as bot:
        await bot.start(lab("start $guest"), guest="web1")
        run = await bot.pressed(Button.RUN)
        assert (run.steps[0].state, run.steps[0].summary) == (state, summary)


@pytest.mark.parametrize(
    ("effect", "state"),
    [(Effect.LOOKS, State.FAILED), (Effect.STARTS, State.UNKNOWN), (Effect.STOPS, State.UNKNOWN)],
)
async def test_what_is_past_its_limit_may_have_been_done_unless_it_only_looks(tmp_path, effect, state) -> None:
    async with living(tmp_path, action=hangs, effect=effect) as bot:
        await bot.start(lab("start $guest", "Time limit: 1 second"), guest="web1")
        run = await bot.pressed(Button.RUN)
        assert (run.steps[0].state, run.steps[0].summary) == (state, "not done within 1 s")


@pytest.mark.parametrize(
    ("begun", "effect", "state"),
    [
        (True, Effect.STOPS, State.UNKNOWN),  # it may be off by now
        (False, Effect.STOPS, State.FAILED),
        (True, Effect.LOOKS, State.FAILED),
    ],
)
async def test_what_a_lost_connection_may_have_done_is_not_called_failed(tmp_path, begun, effect, state) -> None:
    async def lost(_call: LabCall, _context: Context) -> Outcome:
        why = HypervisorUnreachable("cannot power off 'web1' on atlas: because the connection broke")
        why.begun = begun
        raise why

    async with living(tmp_path, action=lost, effect=effect) as bot:
        await bot.start(lab("start $guest"), guest="web1")
        await bot.press(Button.RUN)
        run = await bot.comes_to(State.UNKNOWN, State.FAILED)
        assert (run.state, "the connection broke" in run.steps[0].summary) == (state, True)


# --- progress ----------------------------------------------------------------------------------------------------


class Moves(list):
    """Where a bar went, and what people were to see of it."""

    def __call__(self, progress: Progress, *, tell: bool) -> None:
        self.append((progress.percent, tell))


def test_a_bar_goes_along_and_is_shown_at_most_every_two_seconds() -> None:
    moves = Moves()
    bar = Bar(moves)
    for piece in ("starting\n", "1", "0", " %\r", "same 10 %\r", "20 %\r", "(4", "2.00/100%)\r"):
        bar.hear(piece)
    assert moves == [(10, True), (20, False), (42, False)]


def test_a_percentage_far_back_in_a_long_line_is_found() -> None:
    moves = Moves()
    Bar(moves).hear('{"percent_done":0.5,"current_files":["' + "/a" * 1_000 + '"]}\n')
    assert moves == [(50, True)]


async def test_the_percentages_of_a_script_move_its_bar(bot, tmp_path) -> None:
    gate = tmp_path / "gate"
    script = r"printf '\r(42.00/100%%)'; while [ ! -e $disk ]; do sleep 0.05; done"
    await bot.start(step(script), disk=str(gate))
    await bot.press(Button.RUN)
    await until(lambda: bot.performer.progress.get((1, 0)) == Progress(42))
    cards = [p.subject for p in await bot.do(parcels) if p.tell == "card"]
    assert cards.count("run:1:step:0") == 1
    gate.touch()
    assert (await bot.comes_to(*ASKS)).status is RunStatus.DONE
    assert bot.performer.progress == {}


@pytest.mark.slow
async def test_the_size_of_what_a_silent_script_writes_moves_its_bar(bot, tmp_path) -> None:
    folder, gate = tmp_path / "restored", tmp_path / "gate"
    script = 'mkdir "$disk"; head -c 250000 /dev/zero > "$disk/img"; while [ ! -e "$host" ]; do sleep 0.05; done'
    await bot.start(step(script, "Watch the size of: $disk"), disk=str(folder), host=str(gate), bytes="1000000")
    await bot.press(Button.RUN)
    progress = await until(lambda: bot.performer.progress.get((1, 0)), 8)
    assert (progress.percent, progress.text.partition(" of ")[2]) == (25, "1.0 MB")
    gate.touch()
    assert (await bot.comes_to(*ASKS)).status is RunStatus.DONE


@pytest.mark.slow
async def test_what_a_script_says_of_itself_counts_for_more_than_the_size_of_what_it_writes(tmp_path) -> None:
    (tmp_path / "img").write_bytes(bytes(1000))
    moves = Moves()
    bar = Bar(moves)
    bar.hear("10 %")
    await asyncio.wait_for(bar.weigh(LocalReach(), str(tmp_path / "img"), 2_000), 1)
    assert moves == [(10, True)]


# --- elsewhere ---------------------------------------------------------------------------------------------------


@pytest.mark.real
async def test_a_step_on_a_host_runs_there_and_ends_there(tmp_path) -> None:
    with running_sshd(tmp_path / "sshd") as server:
        host = SshHost("atlas", "127.0.0.1", server.user, server.key, server.known_hosts, server.port)
        reach = SshReach(host)
        async with living(tmp_path, reaches=lambda _run, _place: reach) as bot:
            child = sleeper()
            await bot.start(step('echo "on $SSH_CONNECTION"', heading="Look") + step(child))
            await bot.pressed(Button.RUN)
            assert "127.0.0.1" in (await bot.lines())[0]
            await bot.press(Button.RUN)
            await until(lambda: alive(child))
            await bot.move(Stop("", "enough"))
            await until(lambda: not alive(child))
        await reach.close()
