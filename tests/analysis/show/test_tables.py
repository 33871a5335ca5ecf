import pandas as pd
import pytest

from analysis.findings import Ledger, Verdict
from analysis.paper import load_paper
from analysis.show import tables
from tests.analysis.ledgers import PAPER, findings, ledger
from tests.analysis.show.pages import ids, read


@pytest.fixture(scope="module")
def page():
    return read(tables.ledger_table(ledger(), load_paper(PAPER)).html)


def test_every_finding_is_one_row_with_its_attributes(page):
    rows = page.all("tbody")[0].all("tr")
    assert [r.attributes["id"] for r in rows] == [f"finding-{f.id}" for f in findings()]
    for row, finding in zip(rows, findings(), strict=True):
        assert row.attributes["data-verdict"] == finding.verdict
        assert row.attributes["data-table"] == finding.table
        assert row.attributes["data-check"] == finding.check
        for words in (finding.claim, finding.printed, finding.by_hand, *finding.assumptions):
            assert words in row.text


def test_every_heading_says_something_and_has_a_scope(page):
    heads = page.all("th")
    assert len(heads) == 5 + len(findings())
    assert all(th.text.strip() for th in heads)
    assert {th.attributes["scope"] for th in heads} == {"col", "row"}


def test_ids_are_unique(page):
    assert len(ids(page)) == len(set(ids(page)))


def test_roles_stand_on_every_part_because_rows_are_laid_out_as_a_grid(page):
    for name, role in {"table": "table", "tr": "row", "td": "cell", "thead": "rowgroup"}.items():
        assert {e.attributes.get("role") for e in page.all(name)} == {role}


@pytest.mark.parametrize(
    ("finding", "link"),
    [
        ("table1.age.t", "table1.html#finding-table1.age.t"),
        ("results.auc", "abstract.html#finding-results.auc"),
        ("groups.control", "methods.html#finding-groups.control"),
        ("figure2.picture", "figure2.html#finding-figure2.picture"),
    ],
)
def test_the_ledger_links_to_the_chapter_and_back(page, finding, link):
    row = next(r for r in page.all("tr") if r.attributes.get("id") == f"finding-{finding}")
    assert [a.attributes["href"] for a in row.all("a")] == [link]
    back = read(tables.chapter_ledger([ledger()[finding]]).html)
    assert [a.attributes["href"] for a in back.all("a")] == [f"verdicts.html#finding-{finding}"]
    assert ids(back) == [f"finding-{finding}"]


def test_a_verdict_is_icon_and_word(page):
    for row, finding in zip(page.all("tbody")[0].all("tr"), findings(), strict=True):
        (badge,) = row.all("span", class_="reread-badge")
        assert badge.text.strip() == finding.verdict
        assert badge.all("svg", aria_hidden="true")
    icons = {str(tables.icon(v)) for v in Verdict}
    assert len(icons) == len(Verdict)


def test_words_are_escaped_and_powers_raised(page):
    row = next(r for r in page.all("tr") if r.attributes.get("id") == "finding-table1.sii.t")
    assert 'Index <"A&B">: t | means' in row.text
    assert [s.text for s in row.all("sup")] == ["−16"]


def test_only_the_whole_ledger_becomes_a_tool(page):
    assert page.all("div", data_reread_ledger="") or "data-reread-ledger" in str(page)
    assert "data-reread-ledger" not in tables.chapter_ledger(ledger()).html


def test_text_and_html_are_the_same_in_every_run():
    one, two = tables.ledger_table(ledger()), tables.ledger_table(ledger())
    assert (one.html, repr(one)) == (two.html, repr(two))
    assert "impossible" in repr(one)
    assert "<" not in repr(tables.verdict_counts(ledger()))


def test_an_empty_ledger_is_still_a_table():
    page = read(tables.ledger_table(Ledger([])).html)
    assert page.all("thead")
    assert not page.all("td")


def test_counts_add_up():
    page = read(tables.verdict_counts(ledger()).html)
    shown = {r.all("th")[0].text.strip(): int(r.all("td")[0].text) for r in page.all("tr")[1:]}
    assert shown == {str(v): n for v, n in ledger().counts().items()}
    assert sum(shown.values()) == len(findings())


class TestRows:
    def test_a_data_frame_with_a_named_index(self):
        frame = pd.DataFrame({"n": [1, 20]}, index=pd.Index(["a", "b"], name="Row"))
        page = read(tables.paper_rows(frame, label="Rows").html)
        assert [th.text for th in page.all("th")] == ["Row", "n", "a", "b"]
        assert [td.text for td in page.all("td")] == ["1", "20"]

    def test_numbers_stand_right_and_words_left(self):
        rows = [{"Row": "a", "P": "<0.001", "t": "−5.310", "w": "54.96 ± 10.22"}]
        page = read(tables.paper_rows(rows, label="x").html)
        assert ["reread-number" in (td.attributes.get("class") or "") for td in page.all("td")] == [
            True, True, False,
        ]  # fmt: skip

    def test_the_frame_is_reachable_and_named(self):
        page = read(tables.paper_rows([{"a": 1}], label="Some rows", caption="What").html)
        (frame,) = page.all("div", role="region")
        assert frame.attributes["tabindex"] == "0"
        assert frame.attributes["aria-label"] == "Some rows"
        assert page.all("caption")[0].text == "What"

    def test_missing_cells_show_a_dash(self):
        page = read(
            tables.paper_rows([{"a": "x", "b": None}, {"a": "y", "b": "2"}], label="x").html
        )
        assert [td.text for td in page.all("td")] == ["–", "2"]

    @pytest.mark.parametrize("columns", [{"a": " "}, {}])
    def test_a_heading_without_words_is_refused(self, columns):
        with pytest.raises(ValueError, match="name for every column"):
            tables.paper_rows([{"a": 1}], label="x", columns=columns)

    def test_columns_pick_order_and_rename(self):
        html = tables.paper_rows([{"a": 1, "b": 2}], label="x", columns={"b": "B", "a": "A"})
        assert repr(html) == "B | A\n2 | 1"
