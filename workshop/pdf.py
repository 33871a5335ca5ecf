"""The whole book as one PDF: `make pdf`.

The built pages, in the order of the table of contents, become one document without scripts, and
Chromium prints it in one piece: so links between chapters lead inside the PDF, and the bookmarks
and the tags for screen readers are those of one book.  pypdf then gives it its title and language
and takes the clock out of it: the same pages and the same Chromium give the same bytes.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import re
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urljoin, urlsplit

import yaml
from bs4 import BeautifulSoup, Tag

from analysis.printed import printable
from workshop import ChapterFailed, browser
from workshop.downloads import in_words
from workshop.places import HTML, PAPERS, ROOT

if TYPE_CHECKING:
    from pypdf import PdfReader

OLDEST = 131  # the first Chromium that prints the margins of a page as CSS says
SHEET = Path(__file__).with_name("pdf.css")
FILE = "four-tables-272-patients.pdf"  # the zip file of the site has the same name

# What no paper needs. Folded code stays folded away; a cell that stands open is part of the text.
LEFT_OUT = (
    "script, noscript, .headerlink, .reread-lane, .reread-jump, .reread-tool, button, dialog, "
    "details.hide:not([open])"
)
_REFERENCES = (
    "aria-labelledby",
    "aria-describedby",
    "aria-controls",
    "aria-owns",
    "for",
    "headers",
)
_PAINT = re.compile(r"url\(\s*(['\"]?)#")


@dataclass(frozen=True)
class Chapter:
    """One page of the site: where it stands, what it is called, and the part that it opens."""

    file: Path
    title: str
    part: str
    opens: bool


@dataclass
class Book:
    """The site as it will be printed."""

    title: str
    author: str
    language: str
    address: str  # where the site is published, empty where nobody said
    facts: list[str]  # for the title page, as HTML
    subject: str
    chapters: list[Chapter]
    faults: list[str] = field(default_factory=list)


def chapters_of(html: Path) -> list[Chapter]:
    """The pages in the order of the side bar, which is that of the table of contents."""
    front = html / "book" / "index.html"
    soup = _parsed(front)
    found, part = [Chapter(front, _title(soup), "", False)], ""
    opens = False
    for node in soup.select("nav.bd-links p.caption, nav.bd-links a.reference.internal"):
        if node.name == "p":
            part, opens = node.get_text(" ", strip=True), True
            continue
        address = urlsplit(str(node["href"])).path
        file = (front.parent / unquote(address)).resolve() if address else front.resolve()
        if file == front.resolve():
            continue
        found.append(Chapter(file, _heading(file), part, opens))
        opens = False
    return found


def _parsed(file: Path) -> BeautifulSoup:
    return BeautifulSoup(file.read_text("utf-8"), "html.parser")


def _heading(file: Path) -> str:
    """The title of a page, without parsing all of it."""
    found = re.search(r"<h1\b.*?</h1>", file.read_text("utf-8"), re.S)
    return _title(BeautifulSoup(f"<article>{found[0] if found else ''}</article>", "html.parser"))


def _title(soup: BeautifulSoup) -> str:
    heading = soup.select_one("article h1")
    if heading is None:
        raise ChapterFailed("a page of the book has no heading: build it again.")
    return "".join(
        child.get_text() if isinstance(child, Tag) else str(child)
        for child in heading.children
        if not (isinstance(child, Tag) and "headerlink" in (child.get("class") or []))
    ).strip()


# --- one document ---------------------------------------------------------------------------


def document(book: Book) -> str:
    """The book as one page of HTML; the numbers of its pages are filled in later."""
    names = {chapter.file.resolve(): f"c{i}" for i, chapter in enumerate(book.chapters)}
    sheets: dict[str, None] = {}
    bodies, footers = [], []
    for chapter in book.chapters:
        soup = _parsed(chapter.file)
        name = names[chapter.file.resolve()]
        for link in soup.select('link[rel~="stylesheet"]'):
            sheets[urljoin(chapter.file.as_uri(), str(link["href"]))] = None
        bodies.append(_chapter(book, chapter, soup, name, names))
        footers.append(
            f"@page {name} {{ @bottom-left {{ content: {_css(chapter.title)} }} "
            "@bottom-right { content: counter(page) } }\n"
            f".{name} {{ page: {name} }}"
        )
    links = "\n".join(f'<link rel="stylesheet" href="{escape(href)}">' for href in sheets)
    return (
        f'<!doctype html>\n<html lang="{escape(book.language)}" data-theme="light" '
        f'data-mode="light">\n<head><meta charset="utf-8"><title>{escape(book.title)}</title>\n'
        f"{links}\n<style>\n{SHEET.read_text('utf-8')}\n{chr(10).join(footers)}\n</style></head>\n"
        f"<body>\n{_title_page(book)}\n{_contents(book)}\n"
        f"{chr(10).join(bodies)}\n</body></html>\n"
    )


def _css(text: str) -> str:
    return '"' + re.sub(r'["\\\n]', lambda found: f"\\{ord(found[0]):x} ", text) + '"'


def _title_page(book: Book) -> str:
    facts = "\n".join(f"<p>{fact}</p>" for fact in book.facts)
    # words with a hyphen stay on their line
    name = " ".join(
        f"<span>{escape(word)}</span>" if "-" in word else escape(word)
        for word in book.title.split()
    )
    return (
        f'<section class="pdf-title"><p class="pdf-name">{name}</p>'
        f'<p class="pdf-author">{escape(book.author)}</p><div class="pdf-facts">{facts}</div></section>'
    )


def _contents(book: Book) -> str:
    lines = []
    for i, chapter in enumerate(book.chapters):
        if chapter.opens:
            lines.append(f'<li class="pdf-part">{escape(chapter.part)}</li>')
        lines.append(
            f'<li><a href="#c{i}"><span class="pdf-entry">{escape(chapter.title)}</span>'
            f'<span class="pdf-number" data-of="c{i}">999</span></a></li>'
        )
    return (
        '<section class="pdf-contents"><h1>Contents</h1><ul>' + "\n".join(lines) + "</ul></section>"
    )


def _chapter(
    book: Book, chapter: Chapter, soup: BeautifulSoup, name: str, names: dict[Path, str]
) -> str:
    article = soup.select_one("article.bd-article")
    if article is None:
        raise ChapterFailed(f"{chapter.file}: no article on this page, build the book again.")
    for node in article.select(LEFT_OUT):
        if not node.decomposed:
            node.decompose()
    for cell in article.select("div.cell"):
        if not cell.get_text(strip=True) and not cell.find(["svg", "img", "table"]):
            cell.decompose()
    for fold in article.select("details"):
        fold["open"] = ""
    for image in article.select("img[src]"):
        image["src"] = urljoin(chapter.file.as_uri(), str(image["src"]))
    _rename(article, name)
    _lead_inside(book, article, chapter.file, name, names)
    deeper = 1 if chapter.part else 0
    for heading in article.find_all(re.compile(r"^h[1-6]$")):
        heading["aria-level"] = str(int(heading.name[1]) + deeper)
    part = ""
    if chapter.part:
        kind = 'role="heading" aria-level="1"' if chapter.opens else 'role="presentation"'
        part = f'<div class="pdf-eyebrow" {kind}>{escape(chapter.part)}</div>'
    return (
        f'<main class="bd-main {name}" id="{name}"><div class="bd-content">'
        f'<div class="bd-article-container">{part}{article}</div></div></main>'
    )


def _rename(article: Tag, name: str) -> None:
    """Ids are unique on a page; in the book they carry the name of their chapter."""
    for node in article.find_all(True):
        if node.get("id"):
            node["id"] = f"{name}--{node['id']}"
        for key in _REFERENCES:
            if node.get(key):
                value = node[key]
                words = value if isinstance(value, list) else str(value).split()
                node[key] = " ".join(f"{name}--{word}" for word in words)
        for key, value in list(node.attrs.items()):
            if isinstance(value, str) and "url(" in value:
                node[key] = _PAINT.sub(rf"url(\1#{name}--", value)
            elif key in ("xlink:href", "href") and node.name != "a" and str(value).startswith("#"):
                node[key] = f"#{name}--{str(value)[1:]}"
    for sheet in article.find_all("style"):
        if sheet.string:
            sheet.string = _PAINT.sub(rf"url(\1#{name}--", sheet.string)


def _lead_inside(book: Book, article: Tag, page: Path, name: str, names: dict[Path, str]) -> None:
    """Links to pages of the book lead to their chapters; links to other hosts stay; a link to
    another file of the site leads to its address, or where there is none is plain text."""
    for link in article.select("a[href]"):
        address = str(link["href"])
        parts = urlsplit(address)
        if parts.scheme or address.startswith("//"):
            continue
        target = (page.parent / unquote(parts.path)).resolve() if parts.path else page.resolve()
        if target in names:
            fragment = unquote(parts.fragment)
            inside = names[target]
            link["href"] = f"#{inside}--{fragment}" if fragment else f"#{inside}"
        elif book.address and target.is_relative_to(site := page.parent.parent.resolve()):
            link["href"] = urljoin(book.address, target.relative_to(site).as_posix())
        else:
            link.name = "span"
            del link["href"]


def numbered(text: str, numbers: dict[str, int]) -> str:
    """The document with the pages on which its chapters begin in its table of contents."""
    return re.sub(
        r'(<span class="pdf-number" data-of="(c\d+)">)\d+',
        lambda found: f"{found[1]}{numbers[found[2]]}",
        text,
    )


def headings(text: str) -> list[str]:
    """The words of every heading of the document."""
    found = re.findall(
        r'<(h[1-6]|div class="pdf-eyebrow")(?=[\s>])(.*?)</(?:h[1-6]|div)>', text, re.S
    )
    return [
        " ".join(BeautifulSoup(f"<p{rest}</p>", "html.parser").get_text().split())
        for _, rest in found
    ]


def broken(text: str) -> list[str]:
    """The links inside the document that lead nowhere."""
    soup = BeautifulSoup(text, "html.parser")
    ids = [str(node["id"]) for node in soup.find_all(id=True)]
    known = set(ids)
    twice = sorted(i for i, n in Counter(ids).items() if n > 1)
    faults = [f"two elements have the id {i}" for i in twice]
    for link in soup.select('a[href^="#"]'):
        if str(link["href"])[1:] not in known:
            faults.append(f"{link['href']}: no such place")
    return faults


# --- printing -------------------------------------------------------------------------------


def chromium() -> str:
    if (found := browser.find()) is None:
        raise ChapterFailed(
            "The PDF is printed by Chromium, and none is on this machine: install it "
            "(Debian, Ubuntu: `apt-get install chromium`) and run `make pdf` again."
        )
    return found


def printed(book: Book, text: str) -> tuple[bytes, dict[str, int]]:
    """What Chromium makes of the book, and the pages on which its chapters begin.

    It is printed twice: only then are the numbers of the pages known that the table of contents
    tells.
    """
    with tempfile.TemporaryDirectory() as folder, browser.started(chromium()) as started:
        if int(started.version.split(".")[0]) < OLDEST:
            raise ChapterFailed(
                f"This Chromium is {started.version}; the PDF needs {OLDEST} or newer."
            )
        context = started.new_context(java_script_enabled=False, offline=True, color_scheme="light")
        page = context.new_page()
        page.set_default_timeout(300_000)
        file = Path(folder, "book.html")

        def once(text: str) -> tuple[bytes, dict[str, int]]:
            file.write_text(text, "utf-8")
            page.goto(file.as_uri(), wait_until="load")
            content = page.pdf(
                prefer_css_page_size=True, print_background=True, tagged=True, outline=True
            )
            return content, beginnings(content, book)

        _, numbers = once(text)
        content, again = once(numbered(text, numbers))
        if again != numbers:
            raise ChapterFailed("The pages moved when their numbers were filled in.")
        return content, numbers


def beginnings(content: bytes, book: Book) -> dict[str, int]:
    """The number of the page on which each chapter begins, by the name of its target."""
    from pypdf import PdfReader

    reader = PdfReader(io.BytesIO(content))
    return {
        name: number
        for name, number in _places(reader).items()
        if re.fullmatch(r"c\d+", name) and int(name[1:]) < len(book.chapters)
    }


def _places(reader: PdfReader) -> dict[str, int]:
    """The page (from one) of every named place."""
    return {
        name.removeprefix("/"): reader.get_destination_page_number(place) + 1
        for name, place in reader.named_destinations.items()
    }


# --- the file -------------------------------------------------------------------------------


_CLOCK = re.compile(rb"/(CreationDate|ModDate) \(D:\d{14}([^)]*)\)")
_START = re.compile(rb"startxref\s+(\d+)\s+%%EOF\s*$")
_ROOT = re.compile(rb"/Root (\d+) 0 R")


def without_clock(content: bytes) -> bytes:
    """The PDF with another date, of the same length: every place in the file stays where it is."""
    return _CLOCK.sub(rb"/\1 (D:20000101000000\2)", content)


def finished(content: bytes, book: Book, text: str) -> bytes:
    """The printed book with its author, its bookmarks mended, and without the clock: an update at
    its end, as the form of a PDF allows, so that what Chromium wrote stays as it is.

    (To write the whole file again, with its forty thousand tags, costs a library half a minute.)
    """
    content = without_clock(content)
    start, root = _START.search(content), _ROOT.search(content, content.rindex(b"trailer"))
    size = re.search(rb"/Size (\d+)", content[content.rindex(b"trailer") :])
    if not (start and root and size):
        raise ChapterFailed("Chromium wrote a PDF of another form than this program knows.")
    catalogue = _object(content, int(root[1]))
    if b"/PageMode" not in catalogue:
        catalogue = catalogue.replace(b"<<", b"<</PageMode /UseOutlines\n", 1)
    facts = "".join(
        f"/{key} {_pdf_text(value)}\n"
        for key, value in {
            "Title": book.title, "Author": book.author, "Subject": book.subject,
            "Creator": "reread", "Producer": "Chromium",
        }.items()
        if value
    )  # fmt: skip
    changed = {
        int(root[1]): catalogue,
        int(size[1]): f"<<{facts}>>".encode("ascii"),
    } | _mended_bookmarks(content, headings(text))
    out, table = bytearray(content.rstrip() + b"\n"), ["0 1\n0000000000 65535 f \n"]
    for number, body in sorted(changed.items()):
        table.append(f"{number} 1\n{len(out):010d} 00000 n \n")
        out += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
    place = len(out)
    digest = hashlib.sha256(content).hexdigest()[:32]
    out += (
        f"xref\n{''.join(table)}trailer\n<</Size {int(size[1]) + 1}\n/Root {int(root[1])} 0 R\n"
        f"/Info {int(size[1])} 0 R\n/ID [<{digest}> <{digest}>]\n/Prev {int(start[1])}>>\n"
        f"startxref\n{place}\n%%EOF\n"
    ).encode()
    return bytes(out)


_BOOKMARK = re.compile(
    rb"\n(\d+) 0 obj\s*<</Title (\((?:[^()\\]|\\.)*\)|<[0-9A-Fa-f]+>)(\s*/Dest.*?>>)\s*endobj", re.S
)


def _mended_bookmarks(content: bytes, words: list[str]) -> dict[int, bytes]:
    """Bookmarks as objects of the PDF: Chromium drops the space where a heading's line ends."""
    whole = {"".join(heading.split()): heading for heading in words}
    mended = {}
    for number, title, rest in _BOOKMARK.findall(content):
        said = _text_of(title)
        meant = whole.get("".join(said.split()), said)
        if meant != said:
            mended[int(number)] = f"<</Title {_pdf_text(meant)}".encode() + rest
    return mended


def _text_of(string: bytes) -> str:
    if string.startswith(b"<"):
        return bytes.fromhex(string[1:-1].decode()).decode("utf-16").lstrip("\ufeff")
    plain = re.sub(
        rb"\\([0-7]{3}|.)",
        lambda found: bytes([int(found[1], 8)]) if len(found[1]) == 3 else found[1],
        string[1:-1],
        flags=re.S,
    )
    return plain.decode("latin-1")


def _object(content: bytes, number: int) -> bytes:
    found = re.search(rb"\n%d 0 obj\s*(<<.*?>>)\s*endobj" % number, content, re.S)
    if found is None:
        raise ChapterFailed("Chromium wrote a PDF of another form than this program knows.")
    return found[1]


def _pdf_text(text: str) -> str:
    """A string of a PDF, in hexadecimal."""
    marked = "\ufeff" + text
    return f"<{marked.encode('utf-16-be').hex()}>"


def make_pdf(paper: Path | None = None) -> Path:
    """Print the book that stands in `_build/html`, or that of another paper in `_papers`."""
    chromium()
    html, target = _wanted(paper)
    book = read_book(html, paper)
    text = document(book)
    if faults := broken(text):
        raise ChapterFailed("\n".join(faults))
    content, _ = printed(book, text)
    target.write_bytes(finished(content, book, text))
    return target


def _wanted(paper: Path | None) -> tuple[Path, Path]:
    if paper is None:
        return HTML, HTML.parent / FILE
    from analysis.paper import PaperError, load_paper

    try:
        key = load_paper(paper).paper.key
    except PaperError as error:
        raise ChapterFailed(f"error: {printable(error)}") from None
    return PAPERS / key / "html", PAPERS / key / f"{key}.pdf"


def read_book(html: Path, paper: Path | None = None) -> Book:
    """What the site and the files at the top of the repository say about the book."""
    if not (html / "book" / "index.html").is_file():
        raise ChapterFailed(f"{html}: there is no book to print, make it first.")
    front = _parsed(html / "book" / "index.html")
    config = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    address = config.get("sphinx", {}).get("config", {}).get("html_baseurl") or ""
    of = _paper_of(citation) if paper is None else _paper_in(paper)
    root = front.find("html")
    return Book(
        title=_title(front),
        author=config["author"] if paper is None else "",
        language=str(root["lang"]) if isinstance(root, Tag) and root.get("lang") else "en",
        address=address,
        facts=[
            f"The study that is read again: {of}",
            f"Version {escape(str(citation['version']))} of the book and its code"
            + (f', <a href="{escape(address)}">{escape(address)}</a>' if address else ""),
            "Text: CC BY 4.0. Code: MIT. The study itself is not part of this book; the numbers "
            "that it prints are facts, recorded with their place.",
            "Every number was computed by the notebooks of the book. The code that is folded on the "
            "pages of the site is left out; explorers are printed as they stand without a hand.",
        ],
        subject=BeautifulSoup(of, "html.parser").get_text(),
        chapters=chapters_of(html),
    )


def _paper_of(citation: dict[str, Any]) -> str:
    work = citation["references"][0]
    first, *others = [a["family-names"] for a in work["authors"]]
    doi = escape(work["doi"])
    return (
        f"{escape(first)}{' et al.' if others else ''} {work['year']}, "
        f'<a href="https://doi.org/{doi}">doi:{doi}</a>'
    )


def _paper_in(file: Path) -> str:
    from analysis.paper import load_paper

    paper = load_paper(file).paper
    doi = escape(paper.doi or "")
    link = f', <a href="https://doi.org/{doi}">doi:{doi}</a>' if doi else ""
    return f"{escape(paper.label)}{link}"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m workshop.pdf")
    parser.add_argument("--paper", type=Path, metavar="FILE", help="the record of another paper")
    try:
        file = make_pdf(parser.parse_args().paper)
    except ChapterFailed as failure:
        sys.exit(str(failure))
    print(f"The book is printed: {file.relative_to(ROOT)}, {in_words(file.stat().st_size)}")


if __name__ == "__main__":
    main()
