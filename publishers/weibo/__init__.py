"""Weibo as a channel: one short post that links to the portal page."""
