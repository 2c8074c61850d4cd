"""The bounds and habits of a client."""

from __future__ import annotations

import ssl as tls
from dataclasses import dataclass
from typing import Literal, Optional, Union


@dataclass(frozen=True)
class Options:
    """What ``connect`` takes beside the address and the token; times in seconds."""

    #: From the start of a connection to the greeting.
    connect_timeout: float = 10.0
    #: From a request to its answer.
    request_timeout: float = 10.0
    #: For the closing handshake.
    close_timeout: float = 5.0
    #: Requests that may wait for their answers; the gateway's own bound is in ``hello``.
    pending_max: int = 64
    #: Events that may wait in each subscription.
    queue_max: int = 1024
    #: The largest message that the gateway may send, in bytes.
    message_bytes_max: int = 1024 * 1024
    #: Whether to connect again after a loss.
    reconnect: bool = True
    #: The widest pause before the first attempt, and the widest of all.
    backoff_base: float = 0.5
    backoff_cap: float = 30.0
    #: How many attempts in a row may fail before the client gives up; None for no end.
    attempts_max: Optional[int] = None
    #: Whether messages may come compressed (permessage-deflate).
    compression: bool = True
    #: Whose certificates are believed for ``wss://``; None for those of the system.
    ssl: Optional[tls.SSLContext] = None
    #: A proxy's URL; True for the environment's, None for none.
    proxy: Union[str, Literal[True], None] = True
