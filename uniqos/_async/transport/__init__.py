"""Connections: the pool, HTTP/1.1, proxies, TLS."""
