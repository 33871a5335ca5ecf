"""The whole book as one PDF: complete, linked inside, with bookmarks, tags and page numbers."""

import io
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from workshop import ChapterFailed, chapters, pdf
from workshop.places import ROOT

pytestmark = pytest.mark.thorough

PAGE = """<!doctype html><html lang="en"><head>
<link rel="stylesheet" href="../_static/look.css?v=1"></head><body>
<nav class="bd-links"><a class="reference internal" href="{front}">Front</a>
<p class="caption">Part one</p>
<a class="reference internal" href="{one}">One</a>
<a class="reference internal" href="two.html">Two</a></nav>
<article class="bd-article">{body}</article></body></html>"""
FRONT = """<section id="front"><h1>Front<a class="headerlink" href="#front">#</a></h1>
<p><a href="two.html#end">the end</a> <a href="#front">up</a> <a href="one.html">one</a></p></section>"""
ONE = """<section id="one"><h1>One</h1><h2 id="a">A heading</h2>
<div class="cell"><details class="hide above-input"><summary>Show the code</summary>
<pre>secret</pre></details></div>
<div class="cell"><details class="hide above-input" open><summary>Code</summary>
<pre>shown</pre></details></div>
<details class="reread-more"><summary>By hand</summary><p>1 + 1 = 2</p></details>
<svg viewBox="0 0 9 9" aria-labelledby="t"><title id="t">A plot</title>
<clipPath id="clip"><path d="M0 0h9v9z"></path></clipPath>
<g clip-path="url(#clip)"><use href="#clip"></use></g></svg>
<a href="https://example.org/">outside</a> <a href="../_static/file.zip">a file</a>
<button>press</button><script>1</script></section>"""
LONG = "A heading (a long one) that needs more than one line of a page, as some do"
TWO = f'<section id="two"><h1>Two “2”</h1><h2>{LONG}</h2><p id="end">The end</p><p id="a">same id</p></section>'


@pytest.fixture
def html(tmp_path: Path) -> Path:
    folder = tmp_path / "html"
    (folder / "book").mkdir(parents=True)
    (folder / "_static").mkdir()
    (folder / "_static" / "look.css").write_text("p { color: black }")
    for name, body in {"index": FRONT, "one": ONE, "two": TWO}.items():
        text = PAGE.format(
            body=body,
            front="#" if name == "index" else "index.html",
            one="#" if name == "one" else "one.html",
        )
        (folder / "book" / f"{name}.html").write_text(text, "utf-8")
    return folder


@pytest.fixture
def book(html: Path) -> pdf.Book:
    return pdf.read_book(html)


def test_chapters_stand_in_the_order_of_the_contents(book: pdf.Book) -> None:
    assert [(c.title, c.part, c.opens) for c in book.chapters] == [
        ("Front", "", False),
        ("One", "Part one", True),
        ("Two “2”", "Part one", False),
    ]


def test_links_lead_inside_outside_or_nowhere(book: pdf.Book) -> None:
    text = pdf.document(book)
    assert pdf.broken(text) == []
    for link in ("#c2--end", "#c0--front", "#c1", "https://example.org/"):
        assert f'href="{link}"' in text
    assert "<span>a file</span>" in text
    book.address = "https://example.org/book/"
    assert 'href="https://example.org/book/_static/file.zip"' in pdf.document(book)


def test_what_would_be_opened_is_open_and_what_would_be_pressed_is_gone(book: pdf.Book) -> None:
    text = pdf.document(book)
    assert '<details class="reread-more" open="">' in text
    assert "shown" in text
    for gone in ("secret", "press</button>", "headerlink", "<script"):
        assert gone not in text.partition("</head>")[2]


def test_ids_carry_the_name_of_their_chapter(book: pdf.Book) -> None:
    text = pdf.document(book)
    for wanted in (
        'id="c1--a"', 'id="c2--a"', 'aria-labelledby="c1--t"', "url(#c1--clip)",
        'href="#c1--clip"',
    ):  # fmt: skip
        assert wanted in text


def test_headings_of_chapters_stand_below_their_part(book: pdf.Book) -> None:
    levels = re.findall(r'<h(\d)[^>]*aria-level="(\d)"', pdf.document(book))
    assert levels == [("1", "1"), ("1", "2"), ("2", "3"), ("1", "2"), ("2", "3")]


def test_links_that_lead_nowhere_would_be_found() -> None:
    text = '<p id="a"></p><p id="a"></p><a href="#b">b</a>'
    assert pdf.broken(text) == ["two elements have the id a", "#b: no such place"]


def test_titles_are_text_in_the_style_sheet() -> None:
    assert pdf._css('a "b" \\ c') == '"a \\22 b\\22  \\5c  c"'


def test_without_chromium_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(ChapterFailed) as failure:
        pdf.make_pdf()
    assert "\n" not in str(failure.value)
    assert "Chromium" in str(failure.value)


def test_a_book_that_was_not_built_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ChapterFailed) as failure:
        pdf.read_book(tmp_path)
    assert "\n" not in str(failure.value)


# --- printed --------------------------------------------------------------------------------


def bookmarks(outline: list, depth: int = 0) -> list[tuple[int, str]]:
    found = []
    for item in outline:
        if isinstance(item, list):
            found += bookmarks(item, depth + 1)
        else:
            found.append((depth, item.title))
    return found


def targets(reader) -> tuple[set[str], set[str]]:
    """Names of places and outside addresses that the links lead to."""
    inside, outside = set(), set()
    for page in reader.pages:
        for note in page.get("/Annots") or []:
            note = note.get_object()
            if "/A" in note and "/URI" in note["/A"]:
                outside.add(str(note["/A"]["/URI"]))
            elif "/Dest" in note:
                inside.add(str(note["/Dest"]).removeprefix("/"))
    return inside, outside


def make(book: pdf.Book) -> bytes:
    text = pdf.document(book)
    content, _ = pdf.printed(book, text)
    return pdf.finished(content, book, text)


def apart(work, *given):
    """In a thread of its own: the browser of the other tests holds this one's loop."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work, *given).result()


def test_a_small_book(chromium: str, book: pdf.Book) -> None:
    from pypdf import PdfReader

    content = apart(make, book)
    assert apart(make, book) == content
    reader = PdfReader(io.BytesIO(content), strict=True)
    assert reader.metadata.title == "Front"
    assert reader.metadata.author == book.author
    assert reader.trailer["/Root"]["/Lang"] == "en"
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert reader.trailer["/Root"]["/PageMode"] == "/UseOutlines"
    assert bookmarks(reader.outline) == [
        (0, "Contents"), (0, "Front"), (0, "Part one"), (1, "One"), (2, "A heading"),
        (1, "Two “2”"), (2, LONG),
    ]  # fmt: skip
    inside, outside = targets(reader)
    assert {"c0", "c1", "c2", "c2--end"} <= inside
    assert "https://example.org/" in outside
    assert not any(address.startswith("file:") for address in outside)
    texts = [page.extract_text() for page in reader.pages]
    assert len(texts) == 5
    assert "1 + 1 = 2" in texts[3]
    for number, (title, text) in enumerate(
        zip(("Front", "One", "Two “2”"), texts[2:], strict=True)
    ):
        assert text.count(title) >= 2  # its heading and its footer
        assert re.search(rf"(?<!\d){number + 3}(?!\d)", text)
        assert re.search(rf"{title}\s*{number + 3}(?!\d)", texts[1])


def test_the_whole_book(chromium: str, site: Path) -> None:
    from pypdf import PdfReader

    from analysis.audit import audit
    from analysis.paper import load_paper

    book = pdf.read_book(site)
    text = pdf.document(book)
    assert pdf.broken(text) == []
    assert [c.file.stem for c in book.chapters] == [p.stem for p in chapters.pages()]
    ledger = audit(load_paper(ROOT / "data" / "yu2023" / "paper.yaml"))
    assert all(f"--finding-{finding.id}" in text for finding in ledger)
    assert not re.search(r"<details(?![^>]* open)", text)

    content, numbers = apart(pdf.printed, book, text)
    reader = PdfReader(io.BytesIO(pdf.finished(content, book, text)))
    deep = bookmarks(reader.outline)
    marks = [title for _, title in deep]
    own = [c.title for c in book.chapters]
    # a list in one chapter may name another: that is a heading further down
    highest = min(depth for depth, title in deep if title == own[1])
    assert [title for depth, title in deep if title in own and depth <= highest] == own
    assert {c.part for c in book.chapters if c.part} <= set(marks)
    assert all(not address.startswith("file:") for address in targets(reader)[1])
    assert set(reader.named_destinations) >= {f"/{name}" for name in targets(reader)[0]}
    told = " ".join(page.extract_text() for page in reader.pages[1:3])  # the contents
    for i in range(len(book.chapters)):
        assert re.search(rf"(?<!\d){numbers[f'c{i}']}(?!\d)", told)
    assert len(content) < 25_000_000
