"""What a call may do and who is told: configuration, retries, pace, logging, observers, drift."""
