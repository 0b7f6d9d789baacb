"""The way to a guest's agent that leads through its hypervisor: libvirt carries the commands. See guest.py."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from bot.hypervisor import AgentSilent, GuestRefused, Hypervisor, HypervisorUnreachable
from bot.reach import Refused, Unreachable
from bot.reach.guest import Agent


def agent_of(hypervisor: Hypervisor, uuid: str) -> Agent:
    """Speaks to the agent of the guest of that UUID, for a GuestReach."""

    async def agent(command: Mapping[str, Any], deadline: timedelta) -> Any:
        try:
            return await hypervisor.agent(uuid, command, deadline)
        except (AgentSilent, HypervisorUnreachable) as silent:
            raise Unreachable(str(silent)) from silent
        except GuestRefused as refused:
            raise Refused(str(refused)) from refused

    return agent
