"""What depends on a target, looked up from above, is what has it among its ancestors."""

from hypothesis import given
from hypothesis import strategies as st

from bot.core.dependence import Dependence
from bot.core.health import Target, TargetId
from tests.core.labs import ATLAS, EPHEMERAL, FILES, GUESTS, HOSTS, RACK, VAULT, Desk, inventory

IDS = [TargetId(f"host:h{n}") for n in range(6)]
labs = st.lists(
    st.builds(
        Target,
        st.sampled_from(IDS),
        runs_on=st.none() | st.sampled_from(IDS),
        powered_by=st.none() | st.sampled_from(IDS),
        behind=st.none() | st.sampled_from(IDS),
        ephemeral=st.booleans(),
    ),
    unique_by=lambda target: target.id,
)


def names(target: TargetId) -> list[TargetId]:
    return [one.id for one in Dependence(inventory().values()).descendants(target)]


def test_below_a_host_are_its_lasting_guests_in_the_order_of_the_inventory():
    assert names(ATLAS) == list(GUESTS)
    assert names(VAULT) == [FILES]
    assert not set(EPHEMERAL) & set(names(ATLAS))


def test_below_a_ups_are_its_hosts_and_what_runs_on_them():
    assert names(RACK) == [*HOSTS, *GUESTS, FILES]


def test_what_hangs_on_a_host_in_two_ways_and_in_a_circle_is_found_once():
    gate, shed = IDS[:2]
    circle = [Target(gate, behind=shed), Target(shed, powered_by=gate, behind=gate)]
    assert [one.id for one in Dependence(circle).descendants(gate)] == [gate, shed]


def test_below_what_nothing_needs_is_nothing():
    assert names(FILES) == []


@given(labs)
def test_whatever_needs_what_even_in_a_circle_both_ways_to_look_agree(targets):
    situation = Desk(targets={target.id: target for target in targets}).situation
    dependence = Dependence(targets)
    for one in IDS:
        below = [target for target in targets if not target.ephemeral and one in situation.ancestors(target.id)]
        assert list(dependence.descendants(one)) == below
