"""One turn of a conversation, streamed or not: its request, its events, and how they are passed on."""
