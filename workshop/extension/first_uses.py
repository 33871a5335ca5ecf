"""Under each entry of the glossary: the chapters that use the term, each linked to its first use
there. Where a term is first used is marked while a page is read."""

from __future__ import annotations

from collections.abc import Iterator

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.environment.collectors import EnvironmentCollector

from workshop.extension.quiz import quiz

# document name → term in small letters → id of its first link there
FirstUses = dict[str, dict[str, str]]


def known(env: BuildEnvironment) -> FirstUses:
    if not hasattr(env, "reread_first_uses"):
        env.reread_first_uses = {}  # type: ignore[attr-defined]
    return env.reread_first_uses  # type: ignore[attr-defined]


class FirstUseCollector(EnvironmentCollector):
    """Marks and remembers the first link to each term on a page."""

    def clear_doc(self, app: Sphinx, env: BuildEnvironment, docname: str) -> None:
        known(env).pop(docname, None)

    def merge_other(
        self, app: Sphinx, env: BuildEnvironment, docnames: set[str], other: BuildEnvironment
    ) -> None:
        known(env).update({name: own for name, own in known(other).items() if name in docnames})

    def process_doc(self, app: Sphinx, doctree: nodes.document) -> None:
        if any(doctree.findall(addnodes.glossary)):
            return  # entries name each other: no use of a term
        own = known(app.env).setdefault(app.env.docname, {})
        for link in list(doctree.findall(addnodes.pending_xref)):
            if link.get("reftype") != "term" or _beside_the_text(link):
                continue
            term = plainly(link["reftarget"])
            if term not in own:
                own[term] = id_ = f"uses-{nodes.make_id(term)}"
                link.parent.insert(link.parent.index(link), nodes.target("", "", ids=[id_]))


def plainly(term: str) -> str:
    """A term as the source writes it, in small letters: typographers' apostrophes are undone."""
    return " ".join(term.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").lower().split())


def _beside_the_text(node: nodes.Node) -> bool:
    """In the opening, or in a question, whose answers are not shown at first, nor on paper."""
    while node is not None:
        if isinstance(node, nodes.admonition) and "opening" in node["classes"]:
            return True
        if isinstance(node, quiz):
            return True
        node = node.parent
    return False


def _in_order(env: BuildEnvironment) -> Iterator[str]:
    """The pages in the order of the table of contents."""

    def below(name: str) -> Iterator[str]:
        yield name
        for child in env.toctree_includes.get(name, []):
            yield from below(child)

    return below(env.config.root_doc)


def short(title: str) -> str:
    """A title up to its colon: what is left still tells the page."""
    return title.partition(":")[0]


def list_uses(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    for glossary in list(doctree.findall(addnodes.glossary)):
        for item in glossary.findall(nodes.definition_list_item):
            terms = {plainly(term.astext()) for term in item.findall(nodes.term)}
            if uses := list(_uses(app, docname, terms)):
                paragraph = nodes.paragraph("", "Used in: ", classes=["reread-uses"])
                for number, link in enumerate(uses):
                    paragraph += [nodes.Text(" · ")] * bool(number) + [link]
                next(item.findall(nodes.definition)).append(paragraph)


def _uses(app: Sphinx, docname: str, terms: set[str]) -> Iterator[nodes.reference]:
    env = app.env
    for page in dict.fromkeys(_in_order(env)):
        own = known(env).get(page, {})
        if found := next((own[term] for term in sorted(terms) if term in own), None):
            uri = app.builder.get_relative_uri(docname, page)
            title = short(env.titles[page].astext())
            yield nodes.reference("", title, internal=True, refuri=f"{uri}#{found}")


def setup(app: Sphinx) -> None:
    app.add_env_collector(FirstUseCollector)
    app.connect("doctree-resolved", list_uses)
