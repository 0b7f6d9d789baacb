"""A reach whose output has no secrets in it, in whatever pieces it comes: whoever asks never sees them.

What is said in a program's own conversation (`speak`) is not read here: whoever leads that redacts what it shows.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta

from bot.reach import Finished, Reach, Script, Wrapped
from bot.redact import Redactor
from bot.redact_stream import Stream


class RedactedReach:
    """Another reach, `inner`, listened to with care. See `Reach`."""

    def __init__(self, inner: Reach, redactor: Redactor) -> None:
        self.inner = inner
        self._redactor = redactor

    @property
    def follows(self) -> bool:
        """As the other does."""
        return self.inner.follows

    async def run(
        self,
        script: Script,
        *,
        values: Mapping[str, str],
        limit: timedelta,
        on_output: Callable[[str], None] | None = None,
    ) -> Finished:
        """Run `script` there. Raises Unreachable or Refused, in whatever words."""
        stream = Stream(self._redactor, on_output) if on_output else None
        hear = stream.hear if stream else None
        done = await self.inner.run(script, values=values, limit=limit, on_output=hear)
        if stream:
            stream.end()
        return replace(done, output=self._redactor.text(done.output, cut=done.cut))

    async def speak(
        self, program: Wrapped, hear: Callable[[bytes], bool], patience: timedelta, *, urgent: bool = False
    ) -> None:
        """Give the program to the other as it is. Raises as that does."""
        await self.inner.speak(program, hear, patience, urgent=urgent)

    async def close(self) -> None:
        """Close what is behind it."""
        await self.inner.close()
