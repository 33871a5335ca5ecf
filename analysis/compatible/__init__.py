"""What the printed numbers allow together, in two storeys of one room.

Proofs (`links`, `certificate`, `programme`, `coherence`): plain numbers in, a proof out that
no patients have them all, or a pattern of patients that does.  The checks stand on these.

Cohorts: a paper in, simulated patients out who print as its tables do.  `constraints` lists
what must come out, `search` makes one cohort, `reprint` prints a cohort again without
knowing how it was made, `ensemble` makes many, `spread` tells how much they differ.  What is
found exists; what is not found may exist too.
"""
