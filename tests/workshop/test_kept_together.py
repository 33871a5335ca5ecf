"""Short expressions stay on one line."""

from __future__ import annotations

import pytest

from workshop.extension.kept_together import _COMPOUND, _SHORT, keep, whole


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("with P = 0.044 here", "with P~=~0.044 here"),
        ("with t = ", "with t~=~"),  # the number is a node of its own
        (" = 2.474, so", "~=~2.474, so"),  # and so may be the letter
        ("= 2.474", "=~2.474"),
        ("39.69 ± 6.17 in 112", "39.69~±~6.17 in 112"),
        ("(n = 112)", "(n~=~112)"),
        ("a difference of x = 1 < 2", "a difference of x~=~1~<~2"),
        ("sensitivity = a / b", "sensitivity = a / b"),  # a long line must be free to break
        ("the <b> tag", "the <b> tag"),
        ("nothing to hold", "nothing to hold"),
    ],
)
def test_the_sign_of_a_short_expression_holds_both_sides(text, kept):
    assert keep(text) == kept.replace("~", "\u00a0")


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("The E-value of a 9.3-fold risk", ["The ", "E-value", " of a ", "9.3-fold", " risk"]),
        ("see Table 1, not Tables", ["see ", "Table 1", ", not Tables"]),
        ("a made-up cut-off", ["a made-up cut-off"]),  # prose may break there
        ("A state-of-the-art test", ["A state-of-the-art test"]),
        ("", [""]),
    ],
)
def test_a_short_compound_is_not_broken(text, pieces):
    assert [node.astext() for node in whole(text, _SHORT)] == pieces


def test_a_heading_breaks_at_no_hyphen():
    found = whole("A cut-off, searched", _COMPOUND)
    assert [node.astext() for node in found] == ["A ", "cut-off", ", searched"]
