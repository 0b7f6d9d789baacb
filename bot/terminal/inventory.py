"""All guests of a hypervisor and what each is made of, for who looks once and can wait."""

from collections.abc import Collection
from contextlib import suppress

from bot.core.guest import GuestInfo
from bot.hypervisor import GuestRefused, Hypervisor, HypervisorUnreachable


async def whole_inventory(hypervisor: Hypervisor) -> Collection[GuestInfo]:
    """Every guest; of those whose definition can't be read, the name. Raises HypervisorUnreachable."""
    found = {info.uuid: info for info in await hypervisor.guests()}
    with suppress(HypervisorUnreachable, GuestRefused):
        while read := await hypervisor.read_definitions():
            found |= {info.uuid: info for info in read}
    return found.values()
