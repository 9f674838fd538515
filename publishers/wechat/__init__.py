"""WeChat as a channel: draft, then publish; or mass send with a second confirmation."""
