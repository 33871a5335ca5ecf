"""Why an attempt at a cohort ends."""


class StuckError(Exception):
    """This attempt leads nowhere; the message names the place."""


class FarError(StuckError):
    """These values of the parts lead nowhere: another arrangement of them does not help."""
