"""Requests and answers as they travel, as data: no waiting, no sockets."""
