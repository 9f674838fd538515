"""The bot as a channel: it learns the text that was released."""
