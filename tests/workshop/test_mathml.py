"""LaTeX becomes MathML that browsers draw; what cannot be drawn is refused."""

from xml.etree import ElementTree

import pytest

from workshop.extension.mathml import UnknownLatex, to_mathml

NAMESPACE = "{http://www.w3.org/1998/Math/MathML}"


def elements(latex: str, tag: str) -> list[ElementTree.Element]:
    return ElementTree.fromstring(to_mathml(latex, "block")).findall(f".//{NAMESPACE}{tag}")


def text(latex: str) -> str:
    return "".join(ElementTree.fromstring(to_mathml(latex, "inline")).itertext())


@pytest.mark.parametrize("environment", ["aligned", "align", "align*", "split"])
def test_aligned_rows_are_rows_without_numbers(environment: str) -> None:
    latex = rf"\begin{{{environment}}} a &= b \\ c &= d \end{{{environment}}}"
    rows = elements(latex, "mtr")
    assert ["".join(row.itertext()) for row in rows] == ["a=b", "c=d"]
    assert [cell.get("style") for cell in rows[0]] == ["text-align: right", "text-align: left"]


def test_cases_have_a_brace_and_rows() -> None:
    latex = r"f = \begin{cases} 1 & x > 0 \\ 0 & \text{if } a < b \end{cases}"
    assert [o.text for o in elements(latex, "mo") if o.get("fence")] == ["{"]
    assert len(elements(latex, "mtr")) == 2
    assert "if\N{NO-BREAK SPACE}" in text(latex)


def test_subscripts_and_hats() -> None:
    latex = r"\widehat{p}_i = \hat\beta_{0} + x^2"
    assert len(elements(latex, "msub")) == 2
    assert len(elements(latex, "msup")) == 1
    assert [m.get("accent") for m in elements(latex, "mover")] == ["true", "true"]


def test_markup_is_escaped() -> None:
    assert (
        text(r"\text{a < b & c}")
        == "a\N{NO-BREAK SPACE}<\N{NO-BREAK SPACE}b\N{NO-BREAK SPACE}&\N{NO-BREAK SPACE}c"
    )


@pytest.mark.parametrize(("latex", "shown"), [(r"\text{50\%}", "50%"), (r"1 \pm 2", "1±2")])
def test_plain_signs(latex: str, shown: str) -> None:
    assert text(latex) == shown


def test_plus_minus_is_an_operator() -> None:
    assert "±" in [o.text for o in elements(r"1 \pm 2", "mo")]


@pytest.mark.parametrize(
    ("latex", "reason"),
    [
        (r"\nosuchcommand{x}", r"unknown command \\nosuchcommand"),
        (r"\begin{nosuch}x\end{nosuch}", "unknown environment nosuch"),
        (r"\frac{a", "unbalanced braces"),
        ("a}", "unbalanced braces"),
        (r"\left( a", "Error"),
    ],
)
def test_what_cannot_be_drawn_is_refused(latex: str, reason: str) -> None:
    with pytest.raises(UnknownLatex, match=reason):
        to_mathml(latex, "inline")
