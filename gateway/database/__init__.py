"""The database: engines that survive cancellation, migrations under a lock, the clock."""
