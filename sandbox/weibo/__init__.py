"""What would Weibo answer? A strict local Weibo: open API, private messages, and the page citizens see."""
