"""What each process of the service does: one module for a line of the Procfile."""
