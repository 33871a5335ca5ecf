"""Formulas of a file: what is allowed, and what comes out."""

import ast
from fractions import Fraction

import numpy as np
import pytest

from analysis.formula import check_expression, evaluate, names_in
from analysis.record import At


def test_a_formula_on_arrays_and_fractions():
    node = ast.parse("(a + 2) * b / -c", mode="eval").body
    values = {"a": np.array([1.0, 2.0]), "b": np.array([3.0, 4.0]), "c": np.array([2.0, -4.0])}
    np.testing.assert_array_equal(evaluate(node, values), [-4.5, 4.0])
    exact = {"a": Fraction(1), "b": Fraction(1, 3), "c": Fraction(7)}
    assert evaluate(node, exact) == Fraction(-1, 7)
    assert names_in("(a + 2) * b / -c") == {"a", "b", "c"}


@pytest.mark.parametrize(
    "text",
    ["a.b", "a[0]", "f(a)", "a if b else a", "'a'", "a; b", "a := 1", "a ** 2", "a % b", "+a", "1",
     "True * a", "a / (1 - 1)", "lambda: a", "a" + "+a" * 300, "(" * 300 + "a" + ")" * 300],
)  # fmt: skip
def test_everything_else_is_refused(text):
    with pytest.raises(At):
        check_expression(("formula",), text, {"a", "b"})
