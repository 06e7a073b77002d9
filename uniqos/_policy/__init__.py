"""The rules of calls: configuration, retries, rate limiter, logging, observers, drift reports."""
