"""WHAT the bot may say: entries, keywords, index, ranking, confidence."""
