"""The handlers of billing."""
