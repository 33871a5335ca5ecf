"""Point MyST-NB at the cache that belongs to the code and data of this moment.

jupyter-cache is keyed by a notebook's code alone: after a change in `analysis/` or `data/` it
would go on publishing the old numbers.
"""

from __future__ import annotations

import os

from sphinx.application import Sphinx
from sphinx.config import Config

from workshop.places import ROOT, notebook_cache


def use_fresh_cache(app: Sphinx, config: Config) -> None:
    config.nb_execution_cache_path = str(notebook_cache())
    # A chapter that a plain `jupyter-book build` executes must import this `analysis` too.
    os.environ["PYTHONPATH"] = os.pathsep.join(
        filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")])
    )


def setup(app: Sphinx) -> None:
    app.connect("config-inited", use_fresh_cache)
