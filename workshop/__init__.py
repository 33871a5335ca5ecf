"""The workshop: everything that executes, builds, refreshes and checks the book."""


class ChapterFailed(Exception):
    """A chapter that must not be published; the message says where and why."""
