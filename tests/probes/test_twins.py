"""Hosts with one host key: whom the boots that they tell are taken for."""

from pathlib import Path

import pytest

from bot.core.health import Target, TargetId
from bot.probes.twins import Twins
from bot.reach.ssh_answer import Answer, Door


class Cards:
    """Hosts by the image that their SD cards were made from; what is asked at a host's address tells its boot."""

    def __init__(self, remembered: dict[str, str] | None = None, **images: str) -> None:
        self._images = images
        self.twins = Twins(self._share)
        for host in images:
            self.twins.watch(host, Door(host, 22, Path("known_hosts")), (remembered or {}).get(host, ""))

    async def _share(self, one: Door, other: Door) -> bool:
        return self._images[one.address] == self._images[other.address]

    async def tells(self, host: str, boot: str) -> Answer | None:
        """What becomes of it that this is told at the host's address; None where it is the host's own word."""
        doubt = await self.twins.told(host, boot)
        self.twins.looked(host)
        return doubt and doubt.answer

    async def are_well(self) -> None:
        """Both tell boots of their own, until that is believed."""
        for _ in range(2):
            for host in self._images:
                last = await self.tells(host, f"of {host}")
        assert last is None


EITHER, WAITS = Answer.UNKNOWN_KEY, Answer.CANNOT_LOOK
ATLAS = Target(TargetId("host:atlas"))


@pytest.fixture
async def cards() -> Cards:
    cards = Cards(atlas="pi", borea="pi")
    await cards.are_well()
    return cards


async def test_a_host_with_a_key_of_its_own_is_believed_whatever_it_tells() -> None:
    for remembered in ({}, {"atlas": "one", "borea": "one"}):
        cards = Cards(remembered, atlas="pi", borea="debian")
        assert await cards.tells("atlas", "one") is None
        assert await cards.tells("borea", "one") is None, "a container has the boot of its host"


async def test_two_copies_that_are_both_well_are_believed(cards) -> None:
    assert await cards.tells("atlas", "of atlas") is None
    assert await cards.tells("borea", "of borea") is None


async def test_what_answers_for_a_dead_host_is_the_twin_whose_boot_it_tells(cards) -> None:
    assert await cards.tells("atlas", "of borea") is EITHER
    assert "it may be borea that answers" in cards.twins.doubt(ATLAS)
    assert await cards.tells("borea", "of borea") is None, "that was its boot while atlas told another"
    assert await cards.tells("atlas", "of borea") is EITHER


async def test_a_twin_that_boots_with_both_addresses_proves_neither(cards) -> None:
    assert await cards.tells("atlas", "new") is WAITS, "whether borea tells the same is not known yet"
    assert await cards.tells("borea", "new") is EITHER
    assert await cards.tells("atlas", "new") is EITHER


async def test_a_reboot_of_one_copy_is_believed_once_the_other_was_looked_at(cards) -> None:
    assert await cards.tells("atlas", "new") is WAITS
    assert await cards.tells("atlas", "new") is WAITS
    assert await cards.tells("borea", "of borea") is None
    assert await cards.tells("atlas", "new") is None


async def test_a_reboot_is_believed_where_nothing_answers_for_the_other_copy(cards) -> None:
    assert await cards.tells("atlas", "new") is WAITS
    cards.twins.looked("borea")
    assert await cards.tells("atlas", "new") is None


async def test_the_host_itself_is_believed_once_it_is_back(cards) -> None:
    assert await cards.tells("atlas", "of borea") is EITHER
    assert await cards.tells("atlas", "new") is WAITS
    await cards.tells("borea", "of borea")
    assert await cards.tells("atlas", "new") is None
    assert cards.twins.doubt(ATLAS) == ""


async def test_copies_that_exchanged_their_addresses_are_believed_again(cards) -> None:
    assert await cards.tells("atlas", "of borea") is EITHER
    assert await cards.tells("borea", "of atlas") is WAITS
    assert await cards.tells("atlas", "of borea") is None
    assert await cards.tells("borea", "of atlas") is None


async def test_whose_boot_it_was_is_known_over_a_restart_of_the_bot() -> None:
    cards = Cards({"atlas": "of atlas", "borea": "of borea"}, atlas="pi", borea="pi")
    assert await cards.tells("atlas", "of borea") is EITHER, "though borea was not looked at yet"
    assert await cards.tells("borea", "of borea") is None


async def test_one_machine_that_is_listed_twice_is_told_and_what_to_do() -> None:
    for remembered in ({}, {"atlas": "one", "borea": "one"}):
        cards = Cards(remembered, atlas="pi", borea="pi")
        await cards.tells("atlas", "one")
        assert await cards.tells("borea", "one") is EITHER
        doubt = await cards.twins.told("atlas", "one")
        assert doubt is not None
        assert "If atlas and borea are one machine, take one of them out of lab.yaml" in doubt.mend
