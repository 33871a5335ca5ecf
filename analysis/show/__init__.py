"""Findings and estimates in; tables, figures and their alt texts out.

Nothing else in the library knows HTML, matplotlib or the terminal.
"""
