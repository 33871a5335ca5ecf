"""Formulas of names, numbers, + − * / and brackets: refused if anything else, and evaluated.

No code of a file is ever run: a formula is parsed, looked through, and walked.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from analysis import printed as p
from analysis.record import At, Steps, unknown

LONGEST_FORMULA = 400  # characters

_OPERATORS = (ast.Add, ast.Sub, ast.Mult, ast.Div)


def check_expression(path: Steps, text: str, names: set[str], comparison: bool = False) -> None:
    """Refuse everything in a formula but names, numbers, + − * / and brackets.

    `path`: the place in the file, `names`: what a formula may name; `comparison`: two sides with
    a sign between them.  Raises :class:`~analysis.record.At` with one sentence.
    """
    if len(text) > LONGEST_FORMULA:
        raise At(path, f"found {len(text)} characters, a formula has at most {LONGEST_FORMULA}.")
    try:
        body = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise At(
            path, f"found {p.quoted(text)}, a formula of names, numbers, + - * / is needed."
        ) from None
    sides = [body]
    if comparison:
        signs = (ast.Eq, ast.Lt, ast.LtE, ast.Gt, ast.GtE)
        if not (
            isinstance(body, ast.Compare) and len(body.ops) == 1 and isinstance(body.ops[0], signs)
        ):
            raise At(
                path,
                f"found {p.quoted(text)}, two sides with = < <= > or >= between them are needed.",
            )
        sides = [body.left, body.comparators[0]]
    if not any(isinstance(node, ast.Name) for node in ast.walk(body)):
        raise At(path, f"found {p.quoted(text)}, a formula names at least one quantity.")
    for side in sides:
        for node in ast.walk(side):
            if isinstance(node, ast.Name):
                if node.id not in names:
                    raise unknown(path, node.id, names, "name")
            elif isinstance(node, ast.Constant):
                if isinstance(node.value, bool) or not isinstance(node.value, int | float):
                    raise At(path, f"found {p.quoted(text)}, only numbers may stand beside names.")
                if node.value and not 1e-30 < abs(node.value) < 1e30:
                    raise At(path, f"found {p.quoted(text)}, a number in it is out of bounds.")
            elif isinstance(node, ast.UnaryOp):
                if not isinstance(node.op, ast.USub):
                    raise At(path, f"found {p.quoted(text)}, only + - * / are allowed.")
            elif isinstance(node, ast.BinOp):
                if not isinstance(node.op, _OPERATORS):
                    raise At(path, f"found {p.quoted(text)}, only + - * / are allowed.")
                if isinstance(node.op, ast.Div) and _may_be_zero(node.right):
                    raise At(path, f"found {p.quoted(text)}, divide by a name or by one number.")
            elif not isinstance(node, (*_OPERATORS, ast.USub, ast.Load)):
                raise At(path, f"found {p.quoted(text)}, only names, numbers, + - * / are allowed.")


def _may_be_zero(divisor: ast.expr) -> bool:
    """Whether a divisor without names is zero, or more than one number."""
    if any(isinstance(node, ast.Name) for node in ast.walk(divisor)):
        return False
    return not isinstance(divisor, ast.Constant) or divisor.value == 0


def names_in(expression: str) -> set[str]:
    """The names in a formula or a comparison."""
    return {n.id for n in ast.walk(ast.parse(expression, mode="eval")) if isinstance(n, ast.Name)}


def evaluate(node: ast.expr, values: Mapping[str, Any]) -> Any:
    """A formula of names, numbers, + − * / on arrays, floats or Fractions."""
    if isinstance(node, ast.Name):
        return values[node.id]
    if isinstance(node, ast.Constant):
        sample = next(iter(values.values()))
        return Fraction(str(node.value)) if isinstance(sample, Fraction) else float(node.value)
    if isinstance(node, ast.UnaryOp):
        return -evaluate(node.operand, values)
    assert isinstance(node, ast.BinOp)
    a, b = evaluate(node.left, values), evaluate(node.right, values)
    if isinstance(node.op, ast.Add):
        return a + b
    if isinstance(node.op, ast.Sub):
        return a - b
    return a * b if isinstance(node.op, ast.Mult) else a / b
