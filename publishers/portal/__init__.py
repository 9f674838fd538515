"""The portal as a channel: the page and the feed entry, in one transaction."""
