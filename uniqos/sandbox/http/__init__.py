"""What all routes share: the caller, checks, pages, events, middleware."""
