"""The handlers of the operations, by namespace of the API."""
