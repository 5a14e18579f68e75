"""Receive GitHub-style webhook deliveries. Knows nothing of gistrun: it is handed a callable."""
