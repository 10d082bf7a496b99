"""For those who write exercises: what is handed out, and the instructors' table."""
