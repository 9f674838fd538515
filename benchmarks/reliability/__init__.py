"""Is it on time without faults, and does it survive cancellations, a database that is away, a full disk and SIGTERM?"""
