"""Requests and responses as data: encoding, decoding, HTTP/1.1. Nothing here does network I/O."""
