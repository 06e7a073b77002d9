"""Sockets, and the concurrency primitives of threads and of event loops: written by hand for each of the two."""
