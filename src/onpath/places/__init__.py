"""Where a PATH is kept, and for whom: one file a place."""
