"""CONTRIBUTING explains every key of our records, because the loaders' messages say so."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis import checklists, real, schema, study
from workshop import course

TEXT = (Path(__file__).parents[1] / "CONTRIBUTING.md").read_text(encoding="utf-8")
PARTS = [
    part
    for part in vars(schema).values()
    if isinstance(part, type)
    and issubclass(part, schema._Part)
    and not part.__name__.startswith("_")
]


CHECKLISTS = [
    checklists.Checklist, checklists.Item, checklists.DomainOf, checklists._AnswerFile,
    checklists.Answer, checklists._PlaceFile, checklists.Place,
]  # fmt: skip


@pytest.mark.parametrize("part", CHECKLISTS, ids=lambda part: part.__name__)
def test_every_key_of_a_checklist_is_explained(part):
    record = TEXT.partition("## A checklist and its answers")[2].partition("\n## ")[0]
    keys = {field.alias or name for name, field in part.model_fields.items()}
    assert {key for key in keys if f"`{key}`" not in record} == set()


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.__name__)
def test_every_key_is_explained(part):
    record = TEXT.partition("## The record of a paper")[2].partition("\n## ")[0]
    keys = {field.alias or name for name, field in part.model_fields.items()}
    assert {key for key in keys if f"`{key}`" not in record and f"`{key}: " not in record} == set()


REAL = [
    part
    for part in vars(real).values()
    if isinstance(part, type) and issubclass(part, real._Part) and part is not real._Part
]


@pytest.mark.parametrize("part", REAL, ids=lambda part: part.__name__)
def test_every_key_of_real_patients_is_explained(part):
    record = TEXT.partition("## Real patients")[2].partition("\n## ")[0]
    keys = {field.alias or name for name, field in part.model_fields.items()}
    assert {key for key in keys if f"`{key}`" not in record} == {"missing"} & keys
    assert "`missing: allowed`" in record


STUDY = [
    part
    for part in vars(study).values()
    if isinstance(part, type)
    and issubclass(part, study._Part)
    and not part.__name__.startswith("_")
]


@pytest.mark.parametrize("part", STUDY, ids=lambda part: part.__name__)
def test_every_key_of_a_study_is_explained(part):
    told = TEXT.partition("## A study of patients in a file")[2].partition("\n## ")[0]
    keys = {field.alias or name for name, field in part.model_fields.items()}
    assert {
        key
        for key in keys
        if not any(f in told for f in (f"`{key}`", f"`[{key}]`", f"`[[{key}]]`", f"`{key}: "))
    } == set()


CLASSES = [
    part
    for part in vars(course).values()
    if isinstance(part, type)
    and issubclass(part, course._Part)
    and not part.__name__.startswith("_")
]


@pytest.mark.parametrize("part", CLASSES, ids=lambda part: part.__name__)
def test_every_key_of_a_class_is_explained(part):
    told = TEXT.partition("## A class")[2].partition("\n## ")[0]
    keys = {field.alias or name for name, field in part.model_fields.items()}
    assert {key for key in keys if f"`{key}`" not in told} == set()
