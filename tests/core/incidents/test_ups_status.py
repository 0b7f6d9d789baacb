"""What a UPS's words mean: of the power, and of itself."""

import pytest

from bot.core.health import Health
from bot.core.incidents.ups_status import Status, condition, power
from bot.core.kinds import Kind

FULL, REPLACE, CUTS = (
    "80 % charged, 16 min left",
    "battery to be replaced",
    "it was told to cut off what hangs on it",
)
TESTS = "on battery because it tests its battery"
UNFED = " though it says that it is on mains: it discharges, and nothing is at its input"
OFF_AND_ON = "not judged: its output is off, it says, and has"
OK, FAIL, UNKNOWN = Health.OK, Health.FAIL, Health.UNKNOWN


def ups(status: str, **more: str) -> Status:
    """`battery_charge="80"` is the variable battery.charge."""
    return Status({"ups.status": status, **{name.replace("_", "."): value for name, value in more.items()}})


@pytest.mark.parametrize(
    ("status", "health", "why", "low"),
    [
        (
            ups("OL CHRG", battery_charge="80", battery_runtime="930"),
            OK,
            f"on mains, {FULL}",
            False,
        ),
        (ups("OL", battery_charge="full"), OK, "on mains", False),
        (ups("OL TRIM"), OK, "on mains, lowering the voltage", False),
        (ups("BOOST"), OK, "on mains, raising the voltage", False),
        (ups("OL CAL"), OK, "on mains", False),
        (
            ups("ALARM OL RB", ups_alarm="Battery  bad!"),
            OK,
            f"on mains, {REPLACE}, alarm: Battery bad!",
            False,
        ),
        (ups("OB DISCHRG"), FAIL, "on battery", False),
        (ups("OB LB"), FAIL, "on battery, battery low", True),
        (ups("OB", battery_charge="0"), FAIL, "on battery, battery low, 0 % charged", True),
        (
            ups("OB", battery_charge="9", battery_charge_low="10"),
            FAIL,
            "on battery, battery low, 9 % charged",
            True,
        ),
        (ups("OB", battery_charge="11", battery_charge_low="10"), FAIL, "on battery, 11 % charged", False),
        (
            ups("OB", battery_charge="0", battery_runtime="600"),
            FAIL,
            "on battery, 0 % charged, 10 min left",
            False,
        ),
        (
            ups("OB", battery_runtime="60", battery_runtime_low="300"),
            FAIL,
            "on battery, battery low, 1 min left",
            True,
        ),
        # What is no number, or can't be true: NUT issues 784, 2652, 2765, 3103.
        (ups("OB", battery_charge="nan", battery_runtime="inf"), FAIL, "on battery", False),
        (ups("OB", battery_charge="100", battery_runtime="-1"), FAIL, "on battery, 100 % charged", False),
        (ups("OB", battery_charge="100", battery_runtime="0"), FAIL, "on battery, 100 % charged", False),
        (ups("OB", battery_charge="-1"), FAIL, "on battery", False),
        (ups("OB LB", battery_runtime="0"), FAIL, "on battery, battery low, 0 min left", True),
        (ups("OB", battery_charge="100", battery_charge_low="100"), FAIL, "on battery, 100 % charged", False),
        (ups("OB CAL"), UNKNOWN, "on battery because it calibrates its battery", False),
        (ups("OB TEST", input_voltage="231"), UNKNOWN, TESTS, False),
        (ups("OB TEST"), UNKNOWN, TESTS, False),
        # What stays of a test, NUT issue 2416: there is no voltage, or the battery is low.
        (ups("OB TEST", ups_test_result="Done and passed", input_voltage="0.0"), FAIL, "on battery", False),
        (ups("OB DISCHRG LB", ups_test_result="In progress"), FAIL, "on battery, battery low", True),
        (
            ups("OB TEST", battery_charge="9", battery_charge_low="10"),
            FAIL,
            "on battery, battery low, 9 % charged",
            True,
        ),
        (ups("OB CAL LB"), UNKNOWN, "on battery because it calibrates its battery", False),
        (ups("OB CAL LB", input_voltage="0"), FAIL, "on battery, battery low", True),
        # UPSes that say OL without mains, NUT issues 811 and 2872.
        (
            ups("OL CHRG", input_voltage="0.0", input_frequency="0.0"),
            UNKNOWN,
            "it says that it is on mains, and measures neither voltage nor frequency there",
            False,
        ),
        (ups("OL CHRG", input_voltage="0.0"), OK, "on mains", False),
        (ups("OL CHRG", input_voltage="231", input_frequency="0.0"), OK, "on mains", False),
        (ups("OL DISCHRG", input_voltage="0.0"), FAIL, f"on battery{UNFED}", False),
        (ups("OL DISCHRG LB", **{"input_L1-N_voltage": "3"}), FAIL, f"on battery{UNFED}, battery low", True),
        (ups("OL DISCHRG", **{"input_L1-N_voltage": "3", "input_L2-N_voltage": "231"}), OK, "on mains", False),
        (ups("OL DISCHRG", input_voltage="231.0", battery_charge="60"), OK, "on mains, 60 % charged", False),
        (ups("OL DISCHRG", battery_charge="97"), OK, "on mains, 97 % charged", False),
        (ups("OL DISCHRG", ups_test_result="In progress", input_voltage="?"), OK, "on mains", False),
        (
            ups("OL DISCHRG", battery_charge="60"),
            UNKNOWN,
            "it says that it is on mains, and discharges its battery (DISCHRG OL)",
            False,
        ),
        (ups("OL OB"), UNKNOWN, "it says that it is on mains and on battery (OB OL)", False),
        (ups("OB BYPASS"), UNKNOWN, "it is bypassed, and on battery (BYPASS OB)", False),
        (ups("OL OFF"), UNKNOWN, "its output is off", False),
        (ups("FSD OL"), UNKNOWN, CUTS, False),
        (ups("WAIT"), UNKNOWN, "its status is WAIT", False),
        (Status({}), UNKNOWN, "its status is not told", False),
    ],
)
def test_of_the_power(status, health, why, low) -> None:
    found = power(status)
    assert (found.health, found.why, found.low) == (health, why, low)


@pytest.mark.parametrize(
    "said",
    [
        "No test in progress",
        "Not in progress",
        "no test is in progress",
        "Test was in progress, aborted",
        "Done, none in progress",
        "progressing",
    ],
)
def test_where_no_test_is_in_progress_it_is_on_battery_for_want_of_power(said) -> None:
    assert power(ups("OB DISCHRG", ups_test_result=said)).health is FAIL


@pytest.mark.parametrize("said", ["In progress", "Test in progress", "test in progress (10 s)"])
def test_a_test_in_progress_is_why_it_is_on_battery(said) -> None:
    assert power(ups("OB DISCHRG", ups_test_result=said)).why == TESTS


@pytest.mark.parametrize("left", [{"battery_charge": "20"}, {"battery_runtime": "120"}])
def test_no_test_runs_a_battery_down(left) -> None:
    assert power(ups("OB DISCHRG TEST", **left)).health is FAIL
    assert power(ups("OB DISCHRG CAL", **left)).health is UNKNOWN


@pytest.mark.parametrize("runtime", ["1e300", "99999999"])
def test_a_time_that_nothing_lasts_is_not_told(runtime) -> None:
    assert power(ups("OB DISCHRG", battery_runtime=runtime)).why == "on battery"


def test_a_test_that_has_ended_is_not_why_it_is_on_battery_for_long() -> None:
    over = power(ups("OB DISCHRG TEST", ups_test_result="Done and passed", battery_charge="61"))
    assert (over.health, over.why, over.low, over.doubted) == (FAIL, "on battery, 61 % charged", False, True)
    fed = power(ups("OB TEST", ups_test_result="Done and passed", input_voltage="231"))
    assert (fed.health, fed.why) == (UNKNOWN, TESTS)
    assert not power(ups("OB DISCHRG")).doubted


@pytest.mark.parametrize(
    ("status", "kind", "why"),
    [
        (ups("OL RB"), Kind.UPS_BATTERY, "battery to be replaced"),
        (ups("ALARM OL", ups_alarm="No battery installed!"), Kind.UPS_BATTERY, "alarm: No battery installed!"),
        (ups("ALARM OL", ups_alarm="Internal failure!"), Kind.UPS_ALARM, "alarm: Internal failure!"),
        (ups("ALARM OL"), Kind.UPS_ALARM, "alarm: an alarm that it does not explain"),
        (ups("OL LB", battery_charge="100"), Kind.UPS_BATTERY, "battery low, 100 % charged"),
        (ups("OL CHRG LB", battery_charge="97"), Kind.UPS_BATTERY, "battery low, 97 % charged"),
        (
            ups("OL", battery_charge="0", battery_runtime="0"),
            Kind.UPS_BATTERY,
            "battery empty, 0 % charged, 0 min left",
        ),
        (ups("OL OVER", ups_load="105"), Kind.UPS_OVERLOAD, "overloaded (105 %)"),
        (ups("OL OVER RB"), Kind.UPS_OVERLOAD, "overloaded, battery to be replaced"),
        (ups("BYPASS OL"), Kind.UPS_BYPASS, "bypassed: what hangs on it is not protected"),
        (ups("OL OFF", output_voltage="0.0"), Kind.UPS_OFF, "its output is off"),
        (ups("FSD OL"), Kind.UPS_FORCED_SHUTDOWN, CUTS),
        (ups("FSD OB LB"), Kind.UPS_FORCED_SHUTDOWN, f"{CUTS}, battery low"),
    ],
)
def test_of_itself_the_gravest_first(status, kind, why) -> None:
    found = condition(status)
    assert (found.health, found.kind, found.why) == (FAIL, kind, why)


@pytest.mark.parametrize(
    ("status", "health", "why"),
    [
        (ups("OL"), OK, "in order"),
        (ups("OL CHRG LB", battery_charge="20"), OK, "in order"),
        (ups("OL CAL LB"), OK, "it calibrates its battery"),
        (ups("OL DISCHRG", ups_test_result="In progress"), OK, "it tests its battery"),
        (ups("OB RB"), UNKNOWN, "not judged: on battery"),
        (ups("OB TEST"), UNKNOWN, "not judged: on battery because it tests its battery"),
        (ups("OL OB RB"), UNKNOWN, "not judged: it says that it is on mains and on battery (OB OL RB)"),
        (
            ups("OFF", output_voltage="229"),
            UNKNOWN,
            f"{OFF_AND_ON} 229 V and a load of ? %",
        ),
        (
            ups("OFF", ups_load="67"),
            UNKNOWN,
            f"{OFF_AND_ON} 0 V and a load of 67 %",
        ),
        (ups("WAIT"), UNKNOWN, "its status is WAIT"),
    ],
)
def test_of_itself_nothing_is_said_where_nothing_is_wrong_or_known(status, health, why) -> None:
    found = condition(status)
    assert (found.health, found.kind, found.why) == (health, None, why)


ECO = "UPS is in ECO Mode."
BY_BUZZWORD = {"experimental.ups.mode.buzzwords": "vendor:apc:HE"}


@pytest.mark.parametrize(
    "status",
    [
        ups("ALARM OL", ups_alarm=ECO),
        ups("OL ECO"),
        ups("OL HE"),
        ups("OL BYPASS ECO"),
        ups("ALARM OL BYPASS", ups_alarm=ECO),
        ups("ALARM OL BYPASS ECO", ups_alarm="Automatic bypass mode! ECO(HE) mode!"),
        Status({"ups.status": "OL BYPASS", **BY_BUZZWORD}),
    ],
)
def test_a_mode_that_its_owner_has_chosen_is_no_alarm_and_no_bypass(status) -> None:
    assert (power(status).health, power(status).why) == (OK, "on mains")
    itself = condition(status)
    assert (itself.health, itself.why) == (OK, "in order, in its ECO mode")


@pytest.mark.parametrize(
    ("status", "kind", "why"),
    [
        (ups("ALARM OL", ups_alarm=f"{ECO} Fan failure!"), Kind.UPS_ALARM, "alarm: Fan failure!"),
        (ups("ALARM OL ECO", ups_alarm="Manual bypass mode!"), Kind.UPS_ALARM, "alarm: Manual bypass mode!"),
        (ups("ALARM OL", ups_alarm="Automatic bypass mode!"), Kind.UPS_ALARM, "alarm: Automatic bypass mode!"),
        (ups("ALARM OL ECO"), Kind.UPS_ALARM, "alarm: an alarm that it does not explain"),
        (ups("OL BYPASS ECO RB"), Kind.UPS_BATTERY, REPLACE),
        (ups("OL BYPASS"), Kind.UPS_BYPASS, "bypassed: what hangs on it is not protected"),
    ],
)
def test_what_is_wrong_beside_that_mode_is_told(status, kind, why) -> None:
    itself = condition(status)
    assert (itself.health, itself.kind, itself.why) == (FAIL, kind, why)


@pytest.mark.parametrize("status", ["OB ECO", "OB DISCHRG BYPASS ECO"])
def test_when_the_mains_fail_in_that_mode_it_is_on_battery(status) -> None:
    assert (power(ups(status)).health, power(ups(status)).why) == (FAIL, "on battery")


def test_what_it_tells_beside_are_facts() -> None:
    told = ups("OB LB", battery_charge="79.0", battery_runtime="900", ups_load="n/a")
    assert told.facts == {"charge": "79", "runtime": "900", "battery": "low"}
    assert ups("OL LB").facts == {"battery": "enough"}
