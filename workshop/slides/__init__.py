"""Slides for each class plan, made from the chapters' own plots, questions and take-aways."""

from __future__ import annotations

from workshop.places import ROOT

OUT = ROOT / "_build" / "slides"


def file_name(plan: str) -> str:
    return f"slides_{plan}.html"


def plans() -> dict[str, str]:
    """The title of each plan by its id.  Raises CourseError."""
    from workshop import course

    return {plan.id: plan.title for plan in course.load().plans}


def decks() -> dict[str, str]:
    """Each plan's slides as a page, by the name of its file.

    Raises CourseError, NotThere or ValueError with one sentence.
    """
    from workshop import course
    from workshop.slides.deck import page
    from workshop.slides.source import Book

    book = Book()
    plans = course.load(book=book)
    return {file_name(plan.id): page(plan, plans, book) for plan in plans.plans}
