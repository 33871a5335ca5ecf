"""Checks: one paper in, findings out; one module a kind of table.

Each module ends with ``CHECKS``, the tuple of its check functions.  A check is a pure
function from a :class:`~analysis.paper.Paper` to an iterable of
:class:`~analysis.findings.Finding`.  Adding one takes one function and one line in its
module's ``CHECKS``; the audit, the command line, the book and the tests pick it up.
"""
