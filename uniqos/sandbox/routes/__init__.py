"""The handlers of the operations, in one module for each namespace of the API."""
