"""A client of TraderMind Gateway: connect, call, subscribe.

See README.md beside this package, and ``contract`` for the types of every method and message.
"""

import secrets

from .channels import Event, Gap
from .client import Client, connect
from .errors import GatewayError
from .link import CloseInfo
from .options import Options
from .subscription import Subscription

__all__ = [
    "Client",
    "CloseInfo",
    "Event",
    "Gap",
    "GatewayError",
    "Options",
    "Subscription",
    "connect",
    "new_idempotency_key",
]


def new_idempotency_key() -> str:
    """A key for one command: repeated with it, the command is carried out once at most."""
    return secrets.token_hex(16)
