"""Receive GitHub-style webhook deliveries. Knows nothing of gistrun: it is handed callables."""

from webhooks.receiver import receiver

__all__ = ["receiver"]
