"""The engine of the sandbox: emotions, memory, psychological models and replies, from word lists and templates."""
