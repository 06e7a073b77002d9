"""The faults on demand: by a mark in a message, by a rule, and by a proxy."""
