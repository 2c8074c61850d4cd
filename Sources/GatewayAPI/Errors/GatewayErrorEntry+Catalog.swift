extension GatewayErrorEntry {
    init(of code: GatewayErrorCode) {
        self =
            switch code {
            case .parseError, .invalidRequest, .methodNotFound, .invalidParams, .internalError:
                Self.reserved(code)
            case .unauthorized, .tokenExpired, .tokenRevoked, .forbidden, .blocked,
                .originRefused, .ticketInvalid, .identityMismatch, .signInRefused,
                .brokerAccountTaken:
                Self.identity(code)
            case .rateLimited, .tooManyConnections, .tooManySubscriptions, .tooManyRequests,
                .payloadTooLarge, .batchTooLarge:
                Self.limits(code)
            case .unavailable, .timeout, .overloaded, .draining, .malformedHandshake,
                .unsupportedVersion:
                Self.service(code)
            case .notFound, .unknownChannel, .invalidState, .versionConflict,
                .idempotencyConflict, .idempotencyInProgress, .killSwitchEngaged:
                Self.state(code)
            default:
                Self.trading(code)
            }
    }

    private static func reserved(_ code: GatewayErrorCode) -> GatewayErrorEntry {
        switch code {
        case .parseError:
            Self(
                "parse_error", "The message is not valid JSON.", .never,
                "Send one UTF-8 JSON text per text frame; reason names the fault.")
        case .invalidRequest:
            Self(
                "invalid_request", "The JSON is not a JSON-RPC 2.0 message.", .never,
                "Correct the envelope; reason names the member.")
        case .methodNotFound:
            Self(
                "method_not_found", "There is no such method.", .never,
                "Call rpc.discover for the methods of this server.")
        case .invalidParams:
            Self(
                "invalid_params", "The parameters do not fit the method.", .never,
                "Correct the field that is named in field; reason says what is wrong with it.")
        default:
            Self(
                "internal_error", "The gateway failed.", .unknownOutcome,
                "Ask for the state, or repeat with the same idempotency_key.", http: 500)
        }
    }

    private static func identity(_ code: GatewayErrorCode) -> GatewayErrorEntry {
        switch code {
        case .tokenExpired:
            Self(
                "token_expired", "The token has expired.", .afterRefresh,
                "Get a new token and call auth.refresh, or connect again.", http: 401)
        case .tokenRevoked:
            Self(
                "token_revoked", "The token has been revoked.", .never,
                "Sign in again.", http: 401)
        case .forbidden:
            Self(
                "forbidden", "Your role or user may not do this.", .never,
                "Do not repeat; x-roles in openrpc.json says who may.", http: 403)
        case .blocked:
            Self(
                "blocked", "This user is blocked.", .never,
                "Do not repeat; contact the operator.", http: 403)
        case .originRefused:
            Self(
                "origin_refused", "Pages of this origin may not connect.", .never,
                "Serve the page from an origin that the operator has allowed.", http: 403)
        case .ticketInvalid:
            Self(
                "ticket_invalid", "The ticket is unknown, used or older than 30 seconds.",
                .afterRefresh, "Get a new ticket from POST /auth/ticket.", http: 401)
        case .identityMismatch:
            Self(
                "identity_mismatch", "The new token belongs to another user.", .never,
                "Open another connection for another user.")
        case .signInRefused:
            Self(
                "sign_in_refused", "The sign-in with the broker was refused.", .never,
                "Begin again at GET /auth/deriv/login; reason says what was wrong.", http: 400)
        case .brokerAccountTaken:
            Self(
                "broker_account_taken",
                "The broker's account is connected with another user.", .never,
                "Sign in as that user, or disconnect it there first.", http: 409)
        default:
            Self(
                "unauthorized", "A valid token is needed.", .afterRefresh,
                "Sign in and send the token as the handshake asks.", http: 401)
        }
    }

    private static func limits(_ code: GatewayErrorCode) -> GatewayErrorEntry {
        switch code {
        case .tooManyConnections:
            Self(
                "too_many_connections", "There are too many connections.", .later,
                "Close connections that are not needed and wait for retry_after_ms.", http: 429)
        case .tooManySubscriptions:
            Self(
                "too_many_subscriptions", "The connection has as many subscriptions as it may.",
                .never, "Unsubscribe from other channels; limits.get names the limit.")
        case .tooManyRequests:
            Self(
                "too_many_requests", "Too many requests of this connection wait for an answer.",
                .later, "Wait for answers before sending more.")
        case .payloadTooLarge:
            Self(
                "payload_too_large", "The message or a part of it is too large.", .never,
                "Send less at once; limits.get names the limits.", http: 413)
        case .batchTooLarge:
            Self(
                "batch_too_large", "The batch has too many messages.", .never,
                "Split it; limits.get names the limit.")
        default:
            Self(
                "rate_limited", "Requests come too fast.", .later,
                "Wait for retry_after_ms.", http: 429)
        }
    }

    private static func service(_ code: GatewayErrorCode) -> GatewayErrorEntry {
        switch code {
        case .timeout:
            Self(
                "timeout", "The answer has not come in time.", .unknownOutcome,
                "Ask for the state, or repeat with the same idempotency_key.", http: 504)
        case .overloaded:
            Self(
                "overloaded", "The gateway is too busy.", .later,
                "Wait for retry_after_ms.", http: 503)
        case .draining:
            Self(
                "draining", "This node is shutting down.", .later,
                "Connect again: another node answers.", http: 503)
        case .malformedHandshake:
            Self(
                "malformed_handshake", "This is no valid WebSocket handshake.", .never,
                "Correct the request as reason says.", http: 400)
        case .unsupportedVersion:
            Self(
                "unsupported_version", "The WebSocket version or subprotocol is not served.",
                .never, "Use version 13 and offer the subprotocol tradermind.v1.", http: 426)
        default:
            Self(
                "unavailable", "A service behind the gateway does not answer.", .later,
                "Wait for retry_after_ms; nothing has been changed.", http: 503)
        }
    }

    private static func state(_ code: GatewayErrorCode) -> GatewayErrorEntry {
        switch code {
        case .unknownChannel:
            Self(
                "unknown_channel", "There is no such channel.", .never,
                "Use ticks:<market>, session:<id>, sessions, signals:<session id>, user:<id> "
                    + "or system.")
        case .invalidState:
            Self(
                "invalid_state", "The session's status does not allow this.", .never,
                "Look at current_status and decide anew.")
        case .versionConflict:
            Self(
                "version_conflict", "The session has been changed by someone else meanwhile.",
                .later, "Get the session and decide anew.")
        case .idempotencyConflict:
            Self(
                "idempotency_conflict",
                "The idempotency_key has been used with other parameters.", .never,
                "Use a new key for a new request.")
        case .idempotencyInProgress:
            Self(
                "idempotency_in_progress",
                "The first request with this idempotency_key is still being carried out.",
                .later, "Repeat with the same key after retry_after_ms.")
        case .killSwitchEngaged:
            Self(
                "kill_switch_engaged", "A kill switch stops this.", .never,
                "Wait until an admin releases it: channel system tells; reason names its scope.")
        default:
            Self(
                "not_found", "There is no such thing, or you may not see it.", .never,
                "Check the identifier that is named in field.", http: 404)
        }
    }

    private static func trading(_ code: GatewayErrorCode) -> GatewayErrorEntry {
        switch code {
        case .sessionFull:
            Self(
                "session_full", "The session has no free place.", .later,
                "Try again when a participant has left; session:<id> tells.")
        case .balanceTooLow:
            Self(
                "balance_too_low", "The account's balance is below the session's min_balance.",
                .never, "Add funds or choose another session.")
        case .participantRemoved:
            Self(
                "participant_removed", "An admin has removed this user from the session.",
                .never, "Do not repeat.")
        case .participantStopped:
            Self(
                "participant_stopped",
                "Stop loss or take profit has ended this user's participation.", .never,
                "Do not repeat.")
        case .notParticipant:
            Self(
                "not_participant", "The user does not participate in the session.", .never,
                "Join the session first.")
        case .marketNotAllowed:
            Self(
                "market_not_allowed", "The session does not allow this market.", .never,
                "Use one of its allowed_markets.")
        case .confidenceTooLow:
            Self(
                "confidence_too_low", "The confidence is below the session's minimum.", .never,
                "Publish signals of higher confidence only.")
        case .noEligibleSession:
            Self(
                "no_eligible_session", "No session takes this signal now.", .later,
                "Publish again when a session for the market is active.")
        case .signalExpired:
            Self(
                "signal_expired", "The signal has expired.", .never,
                "Do not trade on it.")
        case .signalNotClaimed:
            Self(
                "signal_not_claimed", "The signal is not claimed by this client, or no longer.",
                .never, "Claim it again before acting; it may be with another executor.")
        default:
            Self(
                "trade_conflict", "The trade_id has been settled with other values.", .never,
                "Do not repeat; the first settlement stands.")
        }
    }
}
