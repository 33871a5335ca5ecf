"""CONTRIBUTING explains every key of a paper file, because the loader's messages say so."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis import paper

TEXT = (Path(__file__).parents[1] / "CONTRIBUTING.md").read_text(encoding="utf-8")
PARTS = [
    part
    for part in vars(paper).values()
    if isinstance(part, type)
    and issubclass(part, paper._Part)
    and not part.__name__.startswith("_")
]


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.__name__)
def test_every_key_is_explained(part):
    record = TEXT.partition("## The record of a paper")[2].partition("\n## ")[0]
    keys = {field.alias or name for name, field in part.model_fields.items()}
    assert {key for key in keys if f"`{key}`" not in record and f"`{key}: " not in record} == set()
