"""Patient-level files: the mark stays, and nothing half-written is left."""

import pandas as pd
import pytest

from analysis.cohort import COLUMN, CohortError, load_cohort, require_mark, write_cohort


def small():
    """Simulated patients of no paper."""
    return pd.DataFrame({COLUMN: [True, True], "group": ["a", "b"], "x": [1.0, 2.0]})


def test_the_mark_is_not_dropped_silently(tmp_path):
    with pytest.raises(CohortError):
        write_cohort(small().drop(columns=COLUMN), tmp_path / "a.parquet")
    with pytest.raises(CohortError):
        require_mark(small().assign(**{COLUMN: [True, False]}))
    small().to_parquet(tmp_path / "b.parquet")
    with pytest.raises(CohortError, match="metadata"):
        load_cohort(tmp_path / "b.parquet")
    write_cohort(small(), tmp_path / "c.parquet")
    assert load_cohort(tmp_path / "c.parquet").equals(small())


def test_a_full_disk_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "a.parquet"
    write_cohort(small(), path)
    before = path.read_bytes()

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError):
        write_cohort(small().assign(x=3.0), path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["a.parquet"]
