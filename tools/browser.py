"""A headless Chromium on the built site: for tests, pictures and printing. Nothing is downloaded for it."""

from __future__ import annotations

import functools
import http.server
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

from tools.book import HTML

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def executable() -> str | None:
    """Where a Chromium is; `GMCOURSE_BROWSER` names another one."""
    return os.environ.get("GMCOURSE_BROWSER") or next(filter(None, map(shutil.which, NAMES)), None)


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing of the pages that were asked for."""


@contextmanager
def serve() -> Iterator[str]:
    """The built site at a free port of this machine; gives its address."""
    handler = functools.partial(_Quiet, directory=str(HTML))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@contextmanager
def open_browser() -> Iterator[Browser]:
    """Open a headless Chromium with a fresh profile.

    Raises:
        RuntimeError: there is none on this machine.
    """
    path = executable()
    if path is None:
        raise RuntimeError("no Chromium was found; install one (apt-get install chromium) or set GMCOURSE_BROWSER")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, headless=True, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()
