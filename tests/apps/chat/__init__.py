"""A small product made of the SDK: a chat page whose answers are streamed, with the emotion of each turn drawn."""
