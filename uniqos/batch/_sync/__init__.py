# Generated from _async/__init__.py by python -m uniqos._generate. Do not edit.
"""The engine of a batch, written with ``async``."""
