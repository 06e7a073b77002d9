"""The handlers of billing, in one module for each part of it."""
