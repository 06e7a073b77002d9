"""Chat application made with the SDK: a page that streams answers and draws the emotion of each turn."""
