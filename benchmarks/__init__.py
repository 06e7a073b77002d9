"""How much the SDK costs beside httpx, httpx-sse and the official SDK: ``python -m benchmarks``."""
