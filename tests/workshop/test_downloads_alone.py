"""What `make check-downloads` does, where the built book is current."""

import pytest

from workshop import downloads
from workshop.places import site_is_current


@pytest.mark.slow
@pytest.mark.thorough
def test_downloaded_notebooks_run_alone_in_a_fresh_environment() -> None:
    """Chapters that read the record, certificates, cohorts and examples; `make check-downloads`
    runs all."""
    if not site_is_current():
        pytest.skip("_build/html does not hold the book as it is now; `make check-downloads`")
    assert downloads.check(only=("table1", "coherence", "cohorts", "your_paper")) == []
