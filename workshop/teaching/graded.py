"""The tests that mark a class: one for each exercise and student.

`workshop.teaching.grade` runs this file by pytest and fills in `entry`; by itself it holds no test.
"""

from __future__ import annotations

import pytest

from workshop.teaching.grade import Entry


def test_answer(entry: Entry) -> None:
    if entry.answer.faults:
        pytest.fail(entry.told, pytrace=False)  # what a student is told, and no traceback of ours
