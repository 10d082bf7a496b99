"""A browser and the built site, or a reason why there are none."""

from __future__ import annotations

import os

import pytest

from tools.book import HTML, INDEX

TOLERANCE = 1e-4  # between what a page computes and what torch does


def _missing(reason: str) -> None:
    """A machine without a browser skips these tests; where one is required, they fail."""
    if os.environ.get("GMCOURSE_REQUIRE_BROWSER") == "1":
        pytest.fail(f"{reason}, and GMCOURSE_REQUIRE_BROWSER is set", pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def site():
    """The address of the built site, served from this machine."""
    if not INDEX.is_file():
        _missing(f"there is no site in {HTML}; `make book` builds it")
    from tools.browser import serve

    with serve() as address:
        yield address


@pytest.fixture(scope="session")
def browser():
    """One headless Chromium for all tests."""
    playwright = pytest.importorskip("playwright.sync_api")
    from tools.browser import executable, open_browser

    if executable() is None:
        _missing("no Chromium on this machine")
    try:
        with open_browser() as running:
            yield running
    except playwright.Error as error:
        _missing(f"Chromium does not start: {str(error).splitlines()[0]}")


@pytest.fixture(scope="module")
def open_with(browser, site):
    """A function: scripts of the live figures, by name → a page that has loaded these and nothing else."""
    pages = []

    def opened(*scripts):
        page = browser.new_page()
        pages.append(page)
        page.goto(f"{site}/book/notation.html")
        page.evaluate(
            "async (scripts) => { for (const name of scripts) await gm.load(`${name}.js`); }", list(scripts)
        )
        return page

    yield opened
    for page in pages:
        page.close()


@pytest.fixture
def runtime(open_with):
    """A page with the runtime and nothing else."""
    page = open_with("runtime")
    yield page
    page.close()


@pytest.fixture
def figure(browser, site):
    """A function: name of a figure, lesson → the figure, alive, with what a reader can do to it."""
    from tests.site.reader import Reader
    from tests.site.test_live_senses import opened

    made = []

    def get(name, lesson):
        page, box = opened(browser, site, name, f"notebooks/{lesson}")
        made.append(page)
        return Reader(page, box)

    yield get
    for page in made:
        page.close()
