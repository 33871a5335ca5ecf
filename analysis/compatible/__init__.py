"""Paper in, simulated patients out: cohorts that print as a paper's tables do.

`constraints` lists what must come out, `search` makes one cohort, `reprint` prints a
cohort again without knowing how it was made, `ensemble` makes many, `spread` tells how
much they differ.  What is found exists; what is not found may exist too.
"""
