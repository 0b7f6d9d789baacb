"""A hypervisor with two guests: web1 runs, db1 is off."""

import pytest

from bot.hypervisor import Hypervisor
from tests.guests import URI, owned_guests


@pytest.fixture
def guests():
    with owned_guests() as guests:
        guests.add("web1")
        guests.add("db1", start=False)
        yield guests


@pytest.fixture
async def hypervisor(guests):
    hypervisor = Hypervisor("atlas", URI, on_event=lambda _: None)
    yield hypervisor
    await hypervisor.close()
