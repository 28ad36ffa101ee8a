"""Fresh shells are started and asked, and only they are believed."""
