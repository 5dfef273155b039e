"""The screen in which a draft is written and tried."""
