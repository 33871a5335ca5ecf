"""axe-core in a page: what it finds against the rules of WCAG 2.1 (A, AA) and good practice."""

from pathlib import Path

from axe_playwright_python import base
from playwright.sync_api import Page

SCRIPT = Path(base.AXE_FILE_PATH).read_text(encoding="utf-8")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
# Of WCAG 2.1 too, but axe leaves them off unless they are asked for by name.
EXPERIMENTAL = [
    "label-content-name-mismatch",
    "css-orientation-lock",
    "p-as-heading",
    "table-fake-caption",
    "td-has-header",
]
ALL = {"runOnly": {"type": "tag", "values": TAGS}}
ALL["rules"] = {rule: {"enabled": True} for rule in EXPERIMENTAL}
NAMED = {"runOnly": {"type": "rule", "values": EXPERIMENTAL}}
# The costly ones, and the only ones that ask for the scheme.
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
WITHOUT_COLOURS = {
    **ALL,
    "rules": {
        **ALL["rules"],
        **{name: {"enabled": False} for name in COLOURS["runOnly"]["values"]},
    },
}


# The soft edges of boxes that scroll are images: axe does not judge words before an image.
PLAIN_GROUNDS = """
.reread-scroll, .pst-scrollable-table-container, div.math, pre { background-image: none !important; }
*, ::before, ::after { transition: none !important; animation: none !important; }
"""


# What a plot is drawn with is hidden from readers of the page by its role, and thousands of strokes
# would cost minutes; tests of the palette hold the contrast of its colours.
EMPTY_PLOTS = """
for (const part of document.querySelectorAll('svg[role=img] > :not(title, desc)')) part.remove()
"""


def prepare(page: Page) -> None:
    """The script, plain grounds and plots as pictures; the page's policy is passed by
    (`bypass_csp`)."""
    page.add_style_tag(content=PLAIN_GROUNDS)
    page.evaluate(EMPTY_PLOTS)
    page.evaluate(SCRIPT)


def violations(page: Page, options: dict, within: str | None = None) -> list[str]:
    """Each violation as its rule, the element and what axe says about it."""
    return page.evaluate(
        """async ([options, within]) => {
          const results = await axe.run(within ?? document,
            { ...options, resultTypes: ['violations'] });
          return results.violations.flatMap(rule => rule.nodes.slice(0, 5).map(node =>
            `${rule.id}: ${node.target.join(' ')}: ${node.html.slice(0, 160)}: ` +
            `${node.failureSummary.split('\\n').slice(1, 3).join(' ').trim()}`));
        }""",
        [options, within],
    )
