"""study.toml: what it says, and one sentence for what does not fit."""

import pytest

from analysis.study import StudyError, code_of, read_study
from analysis.study_example import STUDY
from tests.analysis.studies import BASIC


def read(folder, text):
    (folder / "study.toml").write_text(text, encoding="utf-8")
    return read_study(folder / "study.toml")


def test_what_it_says(tmp_path):
    study = read(tmp_path, BASIC)
    assert study.outcome.event == "1"
    assert [v.id for v in study.continuous] == ["a", "b"]
    # what the marker is made of is no covariate beside it
    assert [v.id for v in study.covariates] == ["sex"]
    assert set(study.columns) == {"state", "a", "b", "sex", "id"}
    assert study.variable("sex").values == ["f", "m"]


def test_the_example_is_a_study(tmp_path):
    study = read(tmp_path, STUDY)
    assert study.marker.formula == "crp / albumin"
    assert [v.kind for v in study.covariates] == ["continuous", "categorical", "ordinal"]


@pytest.mark.parametrize(
    ("value", "code"),
    [(1, "1"), (1.0, "1"), ("1.0", "1"), (" yes ", "yes"), ("01", "1"), ("1.5", "1.5")],
)
def test_a_code_is_the_same_however_it_is_written(value, code):
    assert code_of(value) == code


REFUSED = {
    "direction missing": ('direction = "higher"', "", "direction", "missing"),
    "direction": ('"higher"', '"up"', "up", "higher"),
    "formula": ('"a / b"', '"a / __import__(1)"', "names, numbers"),
    "formula name": ('"a / b"', '"a / c"', '"a / c"' and "c", "a, b"),
    "formula of a code": ('"a / b"', '"a / sex"', "sex"),
    "formula power": ('"a / b"', '"a ** b"', "+ - * /"),
    "zero": ('"a / b"', '"a / 0"', "divide"),
    "kind": ('kind = "categorical"', 'kind = "nominal"', "nominal", "categorical"),
    "levels": ('levels = ["f", { value = "m", label = "Male" }]', "", "two levels"),
    "limits": ("lower = 0", "lower = 3\nupper = 2", "lower must lie under upper"),
    "text limit": ("lower = 0", 'lower = "0"', "number without quotation marks"),
    "unknown key": ("lower = 0", "lowest = 0", "lowest", "unknown key"),
    "twice": ('id = "b"', 'id = "a"', "id of its own"),
    "reserved": ('id = "sex"', 'id = "outcome"', "outcome"),
    "bool": ("event = 1", "event = true", "such as 1"),
    "control": ('label = "Quotient"', 'label = "\\u001b[31mred"', "plain text"),
    "toml": ("[marker]", "[marker", "TOML"),
    "id": ('id = "sex"', 'id = "Sex!"', "lower-case"),
    "no float": ("lower = 0", f"lower = 1{'0' * 400}", "lower", "1e+60"),
    "infinite": ("lower = 0", "lower = inf", "lower", "1e+60"),
    "not a number": ("lower = 0", "lower = nan", "lower", "without quotation marks"),
    "no step": ('direction = "higher"', 'direction = "higher"\nper = 1e-320', "per", "1e-60"),
    "too large a step": ('direction = "higher"', 'direction = "higher"\nper = 1e31', "per"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_one_sentence_for_what_does_not_fit(tmp_path, name):
    old, new, *words = REFUSED[name]
    assert old in BASIC
    with pytest.raises(StudyError) as error:
        read(tmp_path, BASIC.replace(old, new))
    text = str(error.value)
    assert text.startswith(str(tmp_path / "study.toml"))
    assert text.endswith(".")
    assert "\n" not in text
    for word in words:
        assert word in text


def test_what_is_no_file(tmp_path):
    with pytest.raises(StudyError, match="no such file"):
        read_study(tmp_path / "none.toml")
    with pytest.raises(StudyError, match="no regular file"):
        read_study(tmp_path)
    (tmp_path / "study.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(StudyError, match="UTF-8"):
        read_study(tmp_path / "study.toml")
    with pytest.raises(StudyError, match="TOML"):
        read(tmp_path, "a = " + "[" * 3000)
