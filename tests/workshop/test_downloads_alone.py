"""What `make check-downloads` does, where the built book is current."""

import pytest

from workshop import downloads
from workshop.places import site_is_current


@pytest.mark.slow
def test_every_downloaded_notebook_runs_alone_in_a_fresh_environment() -> None:
    if not site_is_current():
        pytest.skip("_build/html does not hold the book as it is now; `make check-downloads`")
    assert downloads.check() == []
