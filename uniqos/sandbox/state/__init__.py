"""The state of the sandbox: its database, clock, accounts, counters and journal."""
