"""The engine of a batch, written with ``async``."""
