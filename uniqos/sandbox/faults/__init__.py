"""The faults that can be asked for: by mark in a message, by rule, by a proxy."""
