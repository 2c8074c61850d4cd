"""The one exception of this library, and what it says of repeating a call."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional

from .contract import CLOSE_CODES, ERRORS, METHODS

#: Symbols of failures that the client finds itself, with their class of repeating. All others come
#: from the gateway and are in ``contract.ERRORS``.
CLIENT_SYMBOLS: Dict[str, str] = {
    "token_unavailable": "later",  # the token's provider failed
    "connect_failed": "later",  # no connection to the address
    "connect_timed_out": "later",  # no greeting in time
    "refused": "never",  # the handshake was refused without a stable error
    "invalid_handshake": "never",  # what answered does not speak the protocol
    "protocol_violation": "later",  # the gateway sent what the protocol does not allow
    "not_connected": "later",  # nothing was sent
    "too_many_pending_requests": "later",  # nothing was sent
    "request_too_large": "never",  # nothing was sent
    "request_timed_out": "unknown_outcome",  # sent; no answer in time
    "connection_lost": "unknown_outcome",  # sent; the connection broke before the answer
    "closed": "unknown_outcome",  # the client was closed
}


class GatewayError(Exception):
    """Why a call, a subscription or a connection failed.

    ``symbol`` is stable and for programs, the text is for people. ``retryable`` says whether the
    same call may be repeated without doing something twice, ``retry_after`` when at the earliest.
    """

    #: The number on the wire; None where the client found the failure itself.
    code: Optional[int]
    #: The stable name: of the gateway's catalog, or of ``CLIENT_SYMBOLS``.
    symbol: str
    #: One sentence for a person. It never holds a token.
    message: str
    #: The class of repeating: ``never``, ``later``, ``after_refresh``, ``unknown_outcome``.
    retry: str
    #: Seconds to wait at least, where the gateway named them.
    retry_after: Optional[float]
    #: The gateway's ``data``: ``reason``, and where they apply ``field``, ``errors``, ``current_status``.
    data: Mapping[str, Any]
    #: Whether the call may have been carried out although there is no answer.
    outcome_unknown: bool
    #: The key that the call had: with it the call may be repeated whatever became of it.
    idempotency_key: Optional[str]
    #: The code of the Close frame, where the end of the connection is the cause.
    close_code: Optional[int]
    #: The status of a refused handshake.
    http_status: Optional[int]

    def __init__(
        self,
        symbol: str,
        message: str,
        *,
        code: Optional[int] = None,
        retry: Optional[str] = None,
        retry_after: Optional[float] = None,
        data: Optional[Mapping[str, Any]] = None,
        outcome_unknown: bool = False,
        idempotency_key: Optional[str] = None,
        close_code: Optional[int] = None,
        http_status: Optional[int] = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.symbol = symbol
        self.message = message
        self.retry = retry or CLIENT_SYMBOLS.get(symbol, "never")
        self.retry_after = retry_after
        self.data = data or {}
        self.outcome_unknown = outcome_unknown
        self.idempotency_key = idempotency_key
        self.close_code = close_code
        self.http_status = http_status

    @property
    def retryable(self) -> bool:
        """Whether the same call may be repeated: later, with a new token, or with its key."""
        if self.retry == "unknown_outcome":
            return self.idempotency_key is not None
        return self.retry in ("later", "after_refresh")

    @property
    def reason(self) -> Optional[str]:
        """The gateway's finer word for programs."""
        return self.data.get("reason")

    @property
    def field(self) -> Optional[str]:
        """The path of the field that is to blame."""
        return self.data.get("field")

    @property
    def fields(self) -> List[Mapping[str, str]]:
        """Every field that does not fit, as ``{"field", "reason"}``."""
        return list(self.data.get("errors", ()))

    def __str__(self) -> str:
        detail = f" ({self.reason})" if self.reason and self.reason != self.symbol else ""
        field = f" [{self.field}]" if self.field else ""
        return f"{self.symbol}{detail}{field}: {self.message}"

    def __repr__(self) -> str:
        return f"GatewayError({str(self)!r}, retry={self.retry!r})"


def from_wire(error: Any, *, http_status: Optional[int] = None) -> GatewayError:
    """Reads an error object of the gateway; an unknown code is not to be repeated."""
    if not isinstance(error, dict) or not isinstance(error.get("code"), int):
        return GatewayError("protocol_violation", "the gateway sent an error without a code")
    code = error["code"]
    entry = ERRORS.get(code)
    data: Dict[str, Any] = error["data"] if isinstance(error.get("data"), dict) else {}
    wait = data.get("retry_after_ms")
    return GatewayError(
        entry.symbol if entry else f"unknown_{code}",
        str(error.get("message", "")),
        code=code,
        retry=entry.retry if entry else "never",
        retry_after=wait / 1000 if isinstance(wait, (int, float)) else None,
        data=data,
        http_status=http_status,
    )


def for_call(error: GatewayError, method: str, params: Mapping[str, Any], was_sent: bool) -> GatewayError:
    """Says of a failed call what the method adds: a call that only reads is never in doubt."""
    if error.retry == "unknown_outcome":
        entry = METHODS.get(method)
        changes_state = entry.changes_state if entry else True
        error.outcome_unknown = was_sent and changes_state
        if not error.outcome_unknown:
            error.retry = "never" if error.symbol == "closed" else "later"
    error.idempotency_key = params.get("idempotency_key")
    return error


def for_close(code: int, reason: str) -> GatewayError:
    """Why a client is over whose connection ended with a Close frame, or without one (1006)."""
    entry = CLOSE_CODES.get(code)
    text = f"the connection ended with {code}" + (f" {reason}" if reason else "")
    if entry is None:
        return GatewayError("connection_lost", text, retry="later", close_code=code)
    retry = {"never": "never", "after_refresh": "after_refresh"}.get(entry.reconnect, "later")
    return GatewayError(entry.symbol, f"{text}: {entry.meaning}", retry=retry, close_code=code)
