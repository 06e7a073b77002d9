# Generated from _async/transport/__init__.py by python -m uniqos._generate. Do not edit.
"""Connections: the pool, HTTP/1.1, proxies, TLS."""
