"""The audit as one page: whole, escaped, silent towards every host, and in a browser."""

import itertools
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from analysis.audit import audit
from analysis.files import guarded
from analysis.findings import Finding, Ledger, Verdict
from analysis.paper import load_paper
from analysis.show import sources
from analysis.show.export import to_csv, to_markdown
from analysis.show.report import report
from analysis.show.terminal import ledger_text
from tests.analysis.ledgers import PAPER, findings, ledger
from tests.workshop.made_up_papers import SHAPES, record
from workshop.browser import find, started

HOSTILE = '<script>document.title="run"</script><img src=https://example.org/x onerror=alert(1)>'


class Page(HTMLParser):
    def __init__(self, text: str):
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.text.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture(scope="module")
def text() -> str:
    return report(ledger(), load_paper(PAPER))


def test_every_finding_stands_there_once_with_its_line_and_its_assumptions(text):
    page = Page(text)
    ids = [a["id"] for _, a in page.tags if "id" in a]
    assert len(ids) == len(set(ids))
    assert {f"finding-{f.id}" for f in findings()} <= set(ids)
    words = " ".join("".join(page.text).split())
    for finding in findings():
        assert " ".join(finding.by_hand.split()) in words
        for line in finding.assumptions:
            assert line in words


def test_links_lead_somewhere_on_the_page_and_nowhere_else(text):
    page = Page(text)
    ids = {a["id"] for _, a in page.tags if "id" in a}
    links = [a["href"] for a in page.all("a")]
    assert links
    assert {link[1:] for link in links} <= ids
    assert all(link.startswith("#") for link in links)


def test_nothing_is_asked_of_any_host(text):
    page = Page(text)
    assert not [a for _, a in page.tags if {"src", "srcset", "poster", "data"} & set(a)]
    assert not page.all("link")
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)[1]
    assert "url(" not in style
    assert "@import" not in style
    assert "default-src 'none'" in page.all("meta")[1]["content"]


def test_headings_go_down_one_step_and_tables_have_names_and_scopes(text):
    page = Page(text)
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert all(b - a <= 1 for a, b in itertools.pairwise(levels))
    assert all(a.get("scope") in ("col", "row") for a in page.all("th"))
    captions = len(page.all("caption"))
    assert captions + sum("aria-label" in a for a in page.all("table")) == len(page.all("table"))


def test_a_label_with_html_is_text_on_the_page():
    grave = [
        Finding("table1.x", "counts and percentages", Verdict.IMPOSSIBLE, (), HOSTILE, HOSTILE,
                HOSTILE, HOSTILE, (HOSTILE,), HOSTILE),
        Finding("table1.y", "coverage", Verdict.NOT_CHECKABLE, (), HOSTILE, HOSTILE, "no bound",
                HOSTILE),
    ]  # fmt: skip
    paper = load_paper(PAPER)
    about = paper.paper.model_copy(update={"label": HOSTILE, "doi": HOSTILE, "key": "other"})
    table = paper.tables[0].model_copy(update={"title": HOSTILE, "label": HOSTILE})
    paper = paper.model_copy(update={"paper": about, "tables": [table, *paper.tables[1:]]})
    page = Page(report(Ledger(grave), paper))
    assert not page.all("img")
    assert len(page.all("script")) == 1
    assert not [a for _, a in page.tags if any(name.startswith("on") for name in a)]


@pytest.mark.parametrize("shape", SHAPES)
def test_papers_of_any_shape_make_a_page(shape, tmp_path):
    paper = load_paper(record(tmp_path, SHAPES[shape]()))
    whole = audit(paper)
    page = Page(report(whole, paper))
    ids = [a["id"] for _, a in page.tags if "id" in a]
    assert len(ids) == len(set(ids))
    assert {f"finding-{f.id}" for f in whole} <= set(ids)
    assert len(page.all("script")) == 1
    assert not {tag for tag, _ in page.tags} & {"b", "img"}
    assert sources.bibtex(whole, paper).startswith(f"@misc{{{paper.paper.key},")


def test_an_empty_ledger_makes_a_page():
    page = "".join(Page(report(Ledger([]), load_paper(PAPER))).text)
    assert "No finding is impossible" in page
    assert "0 findings" in page.replace("\n", " ")


def test_the_whole_audit_names_what_is_missing_by_reason():
    paper = load_paper(PAPER)
    whole = audit(paper)
    page = "".join(Page(report(whole, paper)).text)
    for finding in whole:
        if finding.verdict is Verdict.NOT_CHECKABLE:
            assert finding.by_hand in page


# --- references --------------------------------------------------------------------------


def test_every_check_says_whose_method_it_uses_and_the_entry_is_there():
    used = {f.check for f in audit(load_paper(PAPER))}
    assert used <= set(sources.METHODS)
    known = sources.entries()
    assert {key for keys in sources.METHODS.values() for key in keys} <= set(known)
    text = sources.REFERENCES.read_text("utf-8")
    assert len(known) == len(re.findall(r"^@", text, re.MULTILINE))


def names_of_checks() -> set[str]:
    """Every name of a check that stands in the source of the checks."""
    name = re.compile(r'(?:check=|^_?CHECK = |p_finding\(\s*f?"[^"]*", )"([^"]+)"', re.MULTILINE)
    return {n for f in (sources.REFERENCES.parents[1] / "analysis/checks").glob("*.py") for n in name.findall(f.read_text("utf-8"))}  # fmt: skip


def test_every_check_in_the_source_has_its_method_and_its_section():
    from workshop.paper_book.sections import ACROSS, OF_KIND, TEXT

    names = names_of_checks()
    assert {"P from t", "a test by ranks", "P from F", "counts and percentages"} <= names
    assert names <= set(sources.METHODS)
    told = {c for kind in (*OF_KIND.values(), TEXT, ACROSS) for s in kind for c in s.checks}
    assert names <= told


def test_only_the_methods_that_were_used_are_cited():
    paper = load_paper(PAPER)
    of_counts = audit(paper).only("table1", check="counts and percentages")
    assert re.findall(r"^@\w+\{(\w+)", sources.bibtex(of_counts, paper), re.M) == ["yu2023"]
    of_many = audit(paper).only("table1", check="multiplicity")
    keys = re.findall(r"^@\w+\{(\w+)", sources.bibtex(of_many, paper), re.M)
    assert keys == ["yu2023", "holm1979", "benjamini1995"]


def test_a_paper_that_we_do_not_know_is_cited_from_its_record():
    pybtex = pytest.importorskip("pybtex.database")
    paper = load_paper(PAPER)
    about = paper.paper.model_copy(update={"key": "other", "label": "50% {of} it_all", "doi": None})
    text = sources.bibtex(audit(paper), paper.model_copy(update={"paper": about}))
    entries = pybtex.parse_string(text, "bibtex").entries
    assert entries["other"].fields["title"] == r"50\% \{of\} it\_all"
    assert "doi" not in entries["other"].fields
    assert len(entries) == text.count("\n}")
    assert sources.reference(text[: text.index("\n}") + 2]) == "50% of it_all"


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("holm1979", "Holm (1979). A simple sequentially rejective multiple test procedure. "
         "Scandinavian Journal of Statistics 6:65–70"),
        ("brown2017", "Brown & Heathers (2017). The GRIM test: a simple technique detects numerous "
         "anomalies in the reporting of results in psychology. Social Psychological and "
         "Personality Science 8:363–369. doi:10.1177/1948550616673876"),
    ],
)  # fmt: skip
def test_a_reference_is_one_line(key, line):
    assert sources.reference(sources.entries()[key]) == line


# --- spreadsheets and Markdown -----------------------------------------------------------


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\r=", "\n=", "＝"])
def test_a_cell_like_a_formula_is_text_in_the_csv(start):
    cell = f'{start}HYPERLINK("http://example.org","x")'
    assert guarded(cell) == "'" + cell
    finding = Finding("t.x", "c", Verdict.DEPENDS, (), cell, cell, cell, cell, (cell,), cell)
    for line in to_csv(Ledger([finding])).split("\r\n")[1:]:
        assert not re.search(r'(^|,)"?[=+\-@\t＝]', line)


@pytest.mark.parametrize("cell", ["-0.53", "+1", "-1e5", "-.5", "", "0.7", "a=b", "−0.5", "-12%"])
def test_numbers_and_words_stay_as_they_are(cell):
    assert guarded(cell) == cell


def test_a_label_with_html_or_a_link_is_text_in_markdown():
    finding = Finding("t.x", "c", Verdict.DEPENDS, (), HOSTILE + "[a](b)", "&lt;", "$x$", "~~y~~")
    line = to_markdown(Ledger([finding])).splitlines()[2]
    assert not re.findall(r"(?<!\\)[<>\[\]&$~]", line)


def test_what_a_terminal_would_obey_is_shown_in_every_text():
    told = "B\x1b[31mred\x07\u202eder"
    finding = Finding("t.x", "c", Verdict.DEPENDS, (), told, told, told, told, (told,), told)
    own = Ledger([finding])
    for text in (
        to_csv(own), to_markdown(own), ledger_text(own, width=80), ledger_text(own, width=140),
        report(own, load_paper(PAPER)),
    ):  # fmt: skip
        assert "␛[31mred␇" in text.replace("\\", "")
        assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202e]", text)


# --- in a browser ------------------------------------------------------------------------

pytest.importorskip("playwright.sync_api")
CHROMIUM = find()
in_a_browser = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium")


@pytest.fixture(scope="module")
def browser():
    with started(CHROMIUM) as browser:
        yield browser


@pytest.fixture(scope="module")
def address(tmp_path_factory, text) -> str:
    file: Path = tmp_path_factory.mktemp("report") / "report.html"
    file.write_text(text, "utf-8")
    return file.as_uri()


@in_a_browser
@pytest.mark.parametrize("width", [320, 390, 1280, 1920])
def test_the_page_fits_and_asks_for_nothing(browser, address, width):
    page = browser.new_page(viewport={"width": width, "height": 800})
    asked, errors = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: errors.append(message.text))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(address)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert asked == [address]
    assert errors == []
    page.close()


@in_a_browser
def test_the_filter_reaches_all_parts_and_hides_those_without_a_finding(browser, address):
    page = browser.new_page()
    page.goto(address)
    shown = "[...document.querySelectorAll('tr[data-verdict]')].filter(r => r.offsetParent).length"
    assert page.evaluate(shown) == len(findings())
    page.locator('.reread-tool input[value="impossible"]').press("Space")
    grave = [f for f in findings() if f.verdict is Verdict.IMPOSSIBLE]
    assert page.evaluate(shown) == len(grave)
    parts = page.evaluate(
        "[...document.querySelectorAll('[data-reread-part]')].filter(s => !s.hidden).map(s => s.id)"
    )
    assert sorted(parts) == sorted({f"part-{f.table}" for f in grave})
    page.get_by_role("button", name="Show all").click()
    page.get_by_label("Order").select_option("-verdict")
    first = page.evaluate("document.querySelector('#part-table1 tr[data-verdict]').dataset.verdict")
    assert first == "impossible"
    page.close()


@in_a_browser
def test_the_page_is_dark_where_the_system_is(browser, address):
    grounds = {}
    for scheme in ("light", "dark"):
        page = browser.new_page(color_scheme=scheme, java_script_enabled=False)
        page.goto(address)
        assert page.locator("tr[data-verdict]").count() == len(findings())
        grounds[scheme] = page.evaluate("getComputedStyle(document.body).backgroundColor")
        page.close()
    assert grounds == {"light": "rgb(255, 255, 255)", "dark": "rgb(18, 18, 18)"}
