"""Every table of explainability; Django looks for them here."""
