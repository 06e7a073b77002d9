"""What the sandbox keeps: its database, clock, accounts, journal."""
