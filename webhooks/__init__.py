"""Receive GitHub-style webhook deliveries. Knows nothing of gistrun: it is handed callables."""

from webhooks.delivery import Delivery, Push
from webhooks.receiver import receiver

__all__ = ["Delivery", "Push", "receiver"]
