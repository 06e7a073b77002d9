"""Sockets and what threads and event loops do differently. Written by hand for each kind."""
