"""One visit of one page, in which everything is noted that the tests ask for."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text(encoding="utf-8")
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
# `region` wants every word in a landmark; the theme's print-only title is outside of them.
RUN_AXE = """async () => (await axe.run(document, {resultTypes: ['violations'],
    rules: {region: {enabled: false}}})).violations
    .map(v => v.id + ': ' + v.nodes.slice(0, 3).map(n => n.target.join(' ')).join(' | '))"""
SEEN = """() => ({
    formulas: document.querySelectorAll('.math').length,
    rendered: [...document.querySelectorAll('.math')].filter(m => m.querySelector('.katex')).length,
    failed: document.querySelectorAll('.katex-error').length,
    rare: [...document.querySelectorAll('.amsrm, .mathbb, .textbb')].map((each) => each.textContent).join(''),
    images: [...document.querySelectorAll('.bd-article img')]
        .map(i => [i.getAttribute('src'), i.getAttribute('alt')]),
    broken: [...document.images].filter(i => i.complete && !i.naturalWidth && i.getAttribute('src')
        && getComputedStyle(i).display !== 'none').map(i => i.getAttribute('src')),
    widgets: document.querySelectorAll('[type="application/vnd.jupyter.widget-view+json"]').length,
})"""


@dataclass
class Visit:
    """What happened on one page."""

    page: str
    errors: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    bytes: int = 0
    seen: dict[str, Any] = field(default_factory=dict)
    axe: dict[str, list[str]] = field(default_factory=dict)
    sideways: int = 0
    first_paint: float = 0.0


def visit(browser: Browser, site: str, name: str) -> Visit:
    """Open a page wide and light, then dark, then narrow."""
    context = browser.new_context(viewport=WIDE, color_scheme="light", reduced_motion="reduce")
    page = context.new_page()
    note = Visit(name)
    page.on("console", lambda m: note.errors.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda e: note.errors.append(str(e)))
    page.on("request", lambda r: None if _own(r.url, site) else note.foreign.append(r.url))
    page.on("response", lambda r: _weigh(note, r))
    page.goto(f"{site}/{name}", wait_until="load")
    page.evaluate("async () => { await window.gmFormulas }")
    page.wait_for_load_state("networkidle")
    note.seen = page.evaluate(SEEN)
    paint = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0"
    note.first_paint = page.evaluate(paint)
    note.axe["light"] = _axe(page)
    page.emulate_media(color_scheme="dark")
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    note.axe["dark"] = _axe(page)
    page.set_viewport_size(NARROW)
    note.sideways = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    context.close()
    return note


def _own(url: str, site: str) -> bool:
    return url.startswith((site, "data:", "blob:", "about:"))


def _weigh(note: Visit, response: Any) -> None:
    if response.ok and response.request.resource_type != "document":
        note.bytes += int(response.headers.get("content-length", 0))
    elif response.ok:
        note.bytes += len(response.body())
    elif not response.url.endswith("/favicon.ico"):
        note.errors.append(f"{response.status} {response.url}")


def _axe(page: Page) -> list[str]:
    if not page.evaluate("typeof axe !== 'undefined'"):
        page.evaluate(AXE)
    found: list[str] = page.evaluate(RUN_AXE)
    return found
