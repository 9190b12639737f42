"""What judged relevance tells the apps below: jobs, checks before publishing, pages."""


def judged_register() -> None:
    """Make it known; models are loaded when this is called."""
