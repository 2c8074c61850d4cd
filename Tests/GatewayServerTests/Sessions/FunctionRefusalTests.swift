import Foundation
import GatewayAPI
import JSONRPC
import Redis
import RedisProtocol
import Testing

@testable import GatewayServer

@Suite("Refusals of session functions")
struct FunctionRefusalTests {
    private static let folder = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Protocol/redis")

    /// What a client is told of a refusal.
    private func error(_ symbol: String, _ json: String = "{}") throws -> GatewayError {
        let bytes = Array(json.utf8)
        var tape = JSONTape()
        // Safety: the array outlives the span, which is used in this scope only.
        let text = unsafe bytes.span.bytes
        try tape.read(text)
        return GatewayError(refusal: symbol, tape.root(in: text))
    }

    @Test func `every symbol in the functions has an error of the contract`() throws {
        let files = try FileManager.default.contentsOfDirectory(
            at: Self.folder, includingPropertiesForKeys: nil)
        var symbols: Set<String> = []
        for file in files where file.pathExtension == "lua" {
            let text = try String(contentsOf: file, encoding: .utf8)
            for match in text.matches(of: /'([A-Z]{3,}(?:_[A-Z]+)+)'/) {
                let before = text[..<match.range.lowerBound].suffix(40)
                let isRefusal =
                    before.hasSuffix("refuse(") || before.contains(/refuse\(\s+$/)
                    || before.hasSuffix("refusal = ") || before.hasSuffix("return ")
                if isRefusal { symbols.insert(String(match.output.1)) }
            }
        }
        symbols.subtract(["STOP_LOSS", "TAKE_PROFIT", "FEED_ALIVE"])
        #expect(symbols.count >= 20)
        let ours = ["ALREADY_EXISTS"]
        for symbol in symbols {
            let code = try error(symbol).code
            #expect((code == .internalError) == ours.contains(symbol), "\(symbol)")
        }
        #expect(try error("NEVER_HEARD_OF").code == .internalError)
    }

    @Test func `details name the field, the status and the scope`() throws {
        let status = try error("WRONG_STATUS", #"{"current_status":"PAUSED"}"#)
        #expect(
            status
                == GatewayError(
                    .invalidState, reason: "wrong_status", currentStatus: "PAUSED"))
        #expect(try error("INVALID_CONFIG", #"{"field":"max_stake"}"#).field == "config.max_stake")
        #expect(try error("INVALID_CONFIG", #"{"field":"config"}"#).field == "config")
        let errors = #"{"field":"a","errors":[{"field":"a","reason":"x"},{"field":"b"},7]}"#
        #expect(
            try error("INVALID_CONFIG", errors).fieldErrors
                == [FieldError(field: "config.a", reason: "x")])
        #expect(try error("INVALID_REQUEST", #"{"field":"pnl"}"#).field == "pnl")
        #expect(try error("NOT_FOUND", #"{"session_id":"s"}"#).field == "session_id")
        #expect(try error("NOT_FOUND", #"{"signal_id":"s"}"#).field == "signal_id")
        let kill = try error("KILL_SWITCH_ENGAGED", #"{"scope":"user:u"}"#)
        #expect(kill.code == .killSwitchEngaged && kill.reason == "user:u")
        let expired = try error("WRONG_SIGNAL_STATUS", #"{"current_status":"EXPIRED"}"#)
        #expect(expired.code == .signalExpired)
        let taken = try error("WRONG_SIGNAL_STATUS", #"{"current_status":"EXECUTED"}"#)
        #expect(taken.code == .signalNotClaimed && taken.currentStatus == "EXECUTED")
    }

    @Test(
        "An error of Redis says whether something may have changed",
        arguments: [
            (RedisError.unavailable, GatewayErrorCode.unavailable, RetryClass.later),
            (.overloaded, .overloaded, .later), (.timedOut, .timeout, .unknownOutcome),
            (.connectionLost(.closedByPeer), .timeout, .unknownOutcome),
            (.refused(RedisReplyError(line: "OOM x")), .overloaded, .later),
            (.refused(RedisReplyError(line: "LOADING x")), .unavailable, .later),
            (.refused(RedisReplyError(line: "READONLY x")), .unavailable, .later),
            (.refused(RedisReplyError(line: "ERR x")), .internalError, .unknownOutcome),
        ])
    func redisErrors(error: RedisError, code: GatewayErrorCode, retry: RetryClass) {
        let told = GatewayError(error)
        #expect(told.code == code)
        #expect(told.code.entry.retry == retry)
        #expect((told.retryAfterMilliseconds == nil) == (code == .internalError))
    }

    @Test func `a missing function is told from other errors`() {
        #expect(RedisReplyError(line: "ERR Function not found").isMissingFunction)
        #expect(RedisReplyError(line: "NOSCRIPT No matching script").isMissingFunction)
        #expect(!RedisReplyError(line: "ERR wrong number of arguments").isMissingFunction)
        #expect(!RedisReplyError(line: "OOM Function not found").isMissingFunction)
    }
}
