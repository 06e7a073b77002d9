"""The version, where both the package and its requests find it."""

__version__ = "1.0.0"
