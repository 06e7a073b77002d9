"""Emotions, memory and replies, made of word lists and templates."""
