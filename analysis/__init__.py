"""A stand-in, until the library is here."""


class Shown:
    """HTML for a page, and a plain text that stays the same between runs."""

    def __init__(self, html: str, text: str) -> None:
        self.html, self.text = html, text

    def _repr_html_(self) -> str:
        return self.html

    def __repr__(self) -> str:
        return self.text


def trial_chart() -> Shown:
    bar = '<rect width="120" height="30" fill="currentColor"/>'
    svg = f'<svg viewBox="0 0 160 40" role="img" aria-label="One bar">{bar}</svg>'
    return Shown(svg, "One bar")


def trial_table() -> Shown:
    head = '<tr><th scope="col">Group</th><th scope="col">Count</th></tr>'
    row = '<tr><th scope="row">A</th><td>12</td></tr>'
    return Shown(f"<table><thead>{head}</thead><tbody>{row}</tbody></table>", "A: 12")
