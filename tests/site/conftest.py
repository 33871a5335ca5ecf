"""The built book, and a browser. `make check-site` demands both; otherwise tests are skipped."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from workshop.browser import find, started
from workshop.places import HTML, site_is_current

REQUIRED = os.environ.get("SITE_REQUIRED") == "1"


def missing(what: str) -> None:
    if REQUIRED:
        pytest.fail(what)
    pytest.skip(f"{what}; `make check-site` runs this")


@pytest.fixture(scope="session")
def site() -> Path:
    if not site_is_current():
        missing("_build/html does not hold the book as it is now")
    return HTML


@pytest.fixture(scope="session")
def chromium() -> str:
    if not REQUIRED:  # a minute of browser is not for every `make test`
        pytest.skip("browser checks are run by `make check-site`")
    if (found := find()) is None:
        pytest.fail("no Chromium on this machine, and the browser checks need one")
    return found


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    with started(chromium) as browser:
        yield browser
