"""The page that shows what the sandbox holds, and its own routes under ``/_sandbox``."""
