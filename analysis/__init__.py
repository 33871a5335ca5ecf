"""Re-analysis and appraisal of a published study from the numbers that it printed."""

import os

# Where lxml is installed, openpyxl would read with it, and it mends damaged sheets in silence.
os.environ.setdefault("OPENPYXL_LXML", "False")

__version__ = "0.1.0"
