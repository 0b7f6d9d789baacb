"""A reach whose output has no secrets in it, in whatever pieces it comes: whoever asks never sees them."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta

from bot.reach import OUTPUT_LIMIT, Finished, Reach, Script
from bot.redact import Redactor, Stream


class RedactedReach:
    """Another reach, `inner`, listened to with care. See `Reach`."""

    def __init__(self, inner: Reach, redactor: Redactor) -> None:
        self.inner = inner
        self._redactor = redactor

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
        return replace(done, output=self._redactor.text(done.output, cut=len(done.output) >= OUTPUT_LIMIT))

    async def close(self) -> None:
        """Close what is behind it."""
        await self.inner.close()
