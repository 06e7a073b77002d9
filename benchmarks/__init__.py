"""Benchmarks of the SDK beside httpx, httpx-sse and other SDKs: ``python -m benchmarks``."""
