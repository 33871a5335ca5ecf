"""Books of made-up papers: every chapter executes, every finding is told once, no word of another
paper stands in them, and nothing that a label says is more than text."""

from __future__ import annotations

import re
import subprocess
import sys
from copy import deepcopy
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pytest
import yaml

from analysis.audit import audit
from analysis.findings import Ledger
from analysis.paper import Paper, load_paper
from analysis.show import book, sources
from tests.workshop.made_up_papers import SHAPES, one_table, record
from workshop import ChapterFailed
from workshop.paper_book.plan import Plan, PlanError, plan
from workshop.paper_book.sections import ACROSS, OF_KIND, TEXT
from workshop.paper_book.write import BACK, SHARED, TEMPLATES, md, texts, write
from workshop.places import BOOK, ROOT

CELL = re.compile(r"^```\{code-cell\} ipython3\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INCLUDE = re.compile(r"^```\{include\} shared/(\w+)\.md\n```$", re.MULTILINE)
# of the study that the other book re-reads
ITS_WORDS = re.compile(r"\byu\b|\bsii\b|recurrence|\b112\b|\b272\b|liver|platelet|neutrophil", re.I)


class Made:
    """A record, its plan, its chapters, and what their cells glued."""

    def __init__(self, folder: Path, shape: str):
        self.file = record(folder, SHAPES[shape]())
        self.paper: Paper = load_paper(self.file)
        self.ledger: Ledger = audit(self.paper)
        self.plan: Plan = plan(self.paper, self.ledger)
        self.texts = texts(self.plan, self.paper)
        self.glued: dict[str, dict[str, object]] = {}

    def run(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Execute the cells of every chapter, as a kernel would, in this process."""
        monkeypatch.setenv(book.PAPER_VARIABLE, str(self.file))
        for name, text in self.texts.items():
            own: dict[str, object] = {}
            monkeypatch.setattr(book, "_glue", own.__setitem__)
            names: dict[str, object] = {}
            for cell in CELL.findall(text):
                exec(cell, names)
            self.glued[name] = own


@pytest.fixture(scope="module", params=SHAPES)
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Made:
    made = Made(tmp_path_factory.mktemp(request.param), request.param)
    with pytest.MonkeyPatch.context() as monkeypatch:
        made.run(monkeypatch)
    return made


@cache
def paragraph(name: str) -> str:
    return (SHARED / f"{name}.md").read_text("utf-8")


def whole(text: str) -> str:
    """A chapter with the shared paragraphs in it."""
    return INCLUDE.sub(lambda match: paragraph(match[1]), text)


def test_every_key_that_the_text_names_is_told(made: Made) -> None:
    for name, text in made.texts.items():
        prose = CELL.sub("", whole(text))
        asked = set(re.findall(r"\{glue:text\}`([^`]+)`", prose))
        asked |= set(re.findall(r"\{(?:glue:figure|computed-table)\} (\S+)", prose))
        assert asked <= set(made.glued[name]), name
        unused = set(made.glued[name]) - asked
        # a whole dictionary is told at once; single keys are told to be used
        assert not {key for key in unused if key.endswith((".verdicts", ".claim"))}, name


def test_targets_are_unique_and_references_lead_somewhere(made: Made) -> None:
    names = [n for text in made.texts.values() for n in re.findall(r"^:name: (\S+)$", text, re.M)]
    assert len(names) == len(set(names))
    known = sources.entries()
    terms = set(re.findall(r"^(\S[^\n]*)\n  ", paragraph("glossary"), re.MULTILINE))
    pages = {*made.texts, *BACK}
    for text in map(whole, made.texts.values()):
        prose = CELL.sub("", text)
        assert set(re.findall(r"\{numref\}`([^`]+)`", prose)) <= set(names)
        cited = {k for keys in re.findall(r"\{cite\}`([^`]+)`", prose) for k in keys.split(",")}
        assert cited <= set(known)
        used = re.findall(r"\{term\}`(?:[^`<]*<([^`>]+)>|([^`]+))`", prose)
        assert {(a or b).lower() for a, b in used} <= {t.lower() for t in terms}
        assert set(re.findall(r"(?<!\\)\]\((\w+)\.md\)", prose)) <= pages


class Ids(HTMLParser):
    def __init__(self, html: str):
        super().__init__()
        self.ids: list[str] = []
        self.tags: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.ids += [value for name, value in attributes if name == "id"]


def shown(made: Made, name: str) -> Ids:
    parts = [v for v in made.glued[name].values() if hasattr(v, "_repr_html_")]
    return Ids("".join(part._repr_html_() for part in parts))


def test_every_finding_stands_once_in_its_chapter_and_in_the_ledger(made: Made) -> None:
    from analysis.show import parts

    for finding in made.ledger:
        for page in (parts.chapter_of(finding.table), "verdicts"):
            assert shown(made, page).ids.count(f"finding-{finding.id}") == 1, (page, finding.id)


def test_what_is_shown_holds_no_tag_of_a_label(made: Made) -> None:
    for name in made.texts:
        assert not shown(made, name).tags & {"script", "b", "img"}, name


def test_a_chapter_that_is_not_there_is_named_with_what_is_missing(made: Made) -> None:
    titles = {page.title for page in made.plan.pages}
    index = made.texts["index"]
    for missing in made.plan.missing:
        assert missing.what not in titles
        assert md(missing.what) in index
        assert md(missing.why) in index
        assert missing.why.endswith(".")


def test_cells_are_short(made: Made) -> None:
    lengths = [len(c.strip().splitlines()) for t in made.texts.values() for c in CELL.findall(t)]
    assert max(lengths) <= 7


def test_no_word_about_another_paper_in_the_chapters(made: Made) -> None:
    for name, text in {**made.texts, **BACK}.items():
        prose = re.sub(r"\{cite\}`[^`]*`", "", whole(text))
        assert ITS_WORDS.findall(prose) == [], name


def sentences(text: str) -> set[str]:
    """Lines of prose as they stand in the source: one sentence a line."""
    text = re.sub(r"\A---[\s\S]*?\n---\n", "", CELL.sub("", text))
    lines = (line.strip().removeprefix("- ") for line in text.splitlines())
    return {
        line for line in lines if len(line) > 50 and not line.startswith(("```", ":", "{%", "{{"))
    }


def test_no_sentence_is_written_twice() -> None:
    """What both books say is included in both: no chapter holds it as its own."""
    chapters = {s for f in BOOK.glob("*.md") for s in sentences(f.read_text("utf-8"))}
    assert chapters
    twice = []
    for file in (*SHARED.glob("*.md"), *TEMPLATES.glob("*.md")):
        own = sentences(file.read_text("utf-8"))
        twice += [(file.name, line) for line in own & chapters]
        chapters |= own
    assert twice == []


def test_every_shared_paragraph_is_used_by_both_books_or_by_the_sections() -> None:
    sections = [s for kind in (*OF_KIND.values(), TEXT, ACROSS) for s in kind]
    told = {name for s in sections for name in (*s.shared, s.after_plot) if name}
    told |= {
        n for f in TEMPLATES.glob("*.md") for n in re.findall(r'shared\("(\w+)"\)', f.read_text())
    }
    told |= {n for text in BACK.values() for n in INCLUDE.findall(text)}
    assert told == {file.stem for file in SHARED.glob("*.md")}
    ours = {n for f in BOOK.glob("*.md") for n in INCLUDE.findall(f.read_text("utf-8"))}
    assert ours <= told


def test_a_check_that_no_section_knows_is_told_all_the_same(tmp_path: Path) -> None:
    from dataclasses import replace

    file = record(tmp_path, one_table())
    paper = load_paper(file)
    ledger = Ledger(replace(f, check=f"new {i}") for i, f in enumerate(audit(paper)))
    text = texts(plan(paper, ledger), paper)["table1"]
    own = [f.check for f in ledger if f.table == "table1"]
    assert "## Other checks" in text
    assert all(f'"{check}"' in text for check in own)


def test_a_part_with_the_name_of_a_page_is_refused_in_one_sentence(tmp_path: Path) -> None:
    tree = one_table()
    tree["tables"][0]["id"] = "index"
    paper = load_paper(record(tmp_path, tree))
    with pytest.raises(PlanError, match='"index", which is a page of the book'):
        plan(paper, audit(paper))


def test_the_sources_are_what_jupyter_book_wants(tmp_path: Path) -> None:
    paper = load_paper(record(tmp_path / "study", one_table()))
    ledger = audit(paper)
    write(tmp_path / "source", plan(paper, ledger), paper, ledger)
    toc = yaml.safe_load((tmp_path / "source" / "_toc.yml").read_text("utf-8"))
    files = [toc["root"], *(c["file"] for part in toc["parts"] for c in part["chapters"])]
    assert all((tmp_path / "source" / f"{file}.md").is_file() for file in files)
    config = yaml.safe_load((tmp_path / "source" / "_config.yml").read_text("utf-8"))
    assert not re.search("[<>]", config["title"])
    assert config["sphinx"] == yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))["sphinx"]


def test_words_of_a_label_are_letters_in_markdown() -> None:
    assert md("a_b *c* `d` <e>\n[f](g) $h$") == r"a\_b \*c\* \`d\` \<e\> \[f\](g) \$h\$"


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "workshop", *map(str, arguments)],
        cwd=ROOT, capture_output=True, text=True, timeout=600,
    )  # fmt: skip


def test_a_record_that_cannot_be_read_is_one_sentence_and_no_book(tmp_path: Path) -> None:
    tree = one_table()
    tree["groups"][0]["n"] = "many"
    file = record(tmp_path, tree)
    before = sorted((ROOT / "_papers").glob("*")) if (ROOT / "_papers").exists() else []
    result = run("book", "--paper", file)
    assert result.returncode == 1
    assert result.stderr.startswith(f"error: {file}:")
    assert '"many"' in result.stderr
    assert "Traceback" not in result.stderr
    after = sorted((ROOT / "_papers").glob("*")) if (ROOT / "_papers").exists() else []
    assert before == after


def test_two_runs_do_not_meet_in_one_book(tmp_path: Path, monkeypatch) -> None:
    pytest.importorskip("fcntl")
    from workshop.paper_book import build

    monkeypatch.setattr(build, "PAPERS", tmp_path / "papers")
    monkeypatch.setattr(build, "CACHES", tmp_path / "cache" / "notebooks")
    file = record(tmp_path / "study", one_table())
    mine = tmp_path / "papers" / ".made_up_one.making"
    mine.mkdir(parents=True)
    with (
        build._alone("made_up_one"),
        pytest.raises(
            ChapterFailed, match=r"^error: another run is making the book of made_up_one"
        ),
    ):
        build.make_paper_book(file)
    assert mine.is_dir()


def test_a_table_of_one_row_has_no_rows(tmp_path: Path) -> None:
    tree = one_table()
    (row,) = tree["tables"][0]["rows"]
    paper = load_paper(record(tmp_path / "one", tree))
    assert "{glue:text}`n_rows` row." in texts(plan(paper, audit(paper)), paper)["table1"]
    tree["tables"][0]["rows"].append(deepcopy(row) | {"id": "another"})
    paper = load_paper(record(tmp_path / "two", tree))
    assert "{glue:text}`n_rows` rows." in texts(plan(paper, audit(paper)), paper)["table1"]


@pytest.mark.slow
def test_a_record_with_one_table_becomes_a_whole_book(tmp_path: Path, monkeypatch) -> None:
    from workshop.paper_book import build

    monkeypatch.setattr(build, "PAPERS", tmp_path / "papers")
    html = build.make_paper_book(record(tmp_path / "study", one_table()))
    pages = {page.stem: page.read_text("utf-8") for page in (html / "book").glob("*.html")}
    assert {"index", "verdicts", "table1", "glossary", "references", "versions"} <= set(pages)
    assert [p.name for p in (tmp_path / "papers").iterdir()] == ["made_up_one"]
    for name, text in pages.items():
        main = re.search(r"<article.*?</article>", text, re.DOTALL)
        assert main, name
        assert "alert(1)</script>" not in text, name
        assert "<b>=cmd" not in text, name
        words = re.sub(r"<[^>]+>", " ", main[0])
        if name != "references":
            assert ITS_WORDS.findall(words) == [], name
        assert "http" not in "".join(re.findall(r'(?:src|href)="(http[^"]*)"', main[0])), name
    assert (
        "finding-table1.smoker.a.percentage" in pages["table1"]
        or "finding-table1" in pages["table1"]
    )
    ids = re.findall(r'id="(finding-[^"]+)"', pages["verdicts"])
    links = re.findall(r'href="(\w+)\.html#(finding-[^"]+)"', pages["verdicts"])
    assert ids
    assert all(f'id="{anchor}"' in pages[page] for page, anchor in links)
