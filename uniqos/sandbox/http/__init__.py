"""The parts that all routes share: callers, checks, pages, events and middleware."""
