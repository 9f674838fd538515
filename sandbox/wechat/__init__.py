"""HOW the WeChat platform behaves: what it refuses, what it does, what it pushes, and what a follower sees."""
