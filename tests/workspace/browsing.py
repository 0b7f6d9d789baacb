"""A real browser for the page's tests: Debian's Chromium, at a desk's and at a phone's size."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from playwright.async_api import BrowserContext, Page, async_playwright

CHROMIUM = shutil.which("chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
]
SIZES: dict[str, dict[str, Any]] = {
    "desk": {"viewport": {"width": 1280, "height": 800}},
    "phone": {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True},
}
PATIENCE_MS = 5000


@asynccontextmanager
async def windows() -> AsyncIterator[dict[str, BrowserContext]]:
    """One window of each size; what it once loaded it keeps, so that the next test's page opens sooner."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        opened = {name: await browser.new_context(**size) for name, size in SIZES.items()}
        for window in opened.values():
            window.set_default_timeout(PATIENCE_MS)
        yield opened
        await browser.close()


@asynccontextmanager
async def a_page(window: BrowserContext, url: str) -> AsyncIterator[Page]:
    """The page, opened. Whatever its scripts complain about, a broken policy included, fails the test."""
    page = await window.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if _is_complaint(said.text, said.type) else None)
    await page.goto(url)
    await page.locator("#channel .messages .intro").wait_for()
    yield page
    await page.close()
    assert complaints == []


def _is_complaint(text: str, kind: str) -> bool:
    return kind == "error" and "Failed to load resource" not in text  # a refused request is the test's to judge
