"""Re-analysis and appraisal of a published study from the numbers that it printed."""

__version__ = "0.1.0"
