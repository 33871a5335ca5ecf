"""Short expressions stay on one line."""

from __future__ import annotations

import pytest

from workshop.extension.kept_together import keep


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
