import GatewayAPI
import JSONRPC
import Testing

@Suite("Catalogs of errors and close codes")
struct CatalogTests {
    @Test("Error symbols are unique, own codes begin at 1000")
    func namesErrors() {
        let codes = GatewayErrorCode.allCases
        #expect(Set(codes.map(\.entry.symbol)).count == codes.count)
        for code in codes {
            let entry = code.entry
            #expect(entry.symbol.allSatisfy { $0.isLowercase || $0 == "_" })
            #expect(entry.message.hasSuffix("."), "\(entry.symbol)")
            #expect(entry.action.hasSuffix("."), "\(entry.symbol)")
            let isReserved = (-32768 ... -32000).contains(code.rawValue)
            #expect(isReserved || (1000...9999).contains(code.rawValue))
        }
    }

    @Test("Close codes say by their range whether to connect again")
    func rangesCloseCodes() {
        let codes = CloseCode.allCases
        #expect(Set(codes.map(\.symbol)).count == codes.count)
        for code in codes {
            switch code.rawValue {
            case 4000...4499: #expect(code.reconnect != .never)
            case 4500...4999: #expect(code.reconnect == .never)
            default: #expect((1000...1013).contains(code.rawValue))
            }
            // RFC 6455 §5.5: a close frame holds 125 bytes, two of them for the code.
            #expect(code.symbol.utf8.count <= 123)
            #expect(code.meaning.hasSuffix("."))
        }
    }

    @Test("An error is written with its data and read back")
    func roundTripsErrors() throws {
        let errors =
            GatewayErrorCode.allCases.map { GatewayError($0) } + [
                GatewayError(
                    .invalidState, reason: "already_completed", field: "session_id",
                    retryAfterMilliseconds: 5, currentStatus: "COMPLETED")
            ]
        for error in errors {
            let text = written { error.writeObject(to: &$0) }
            try withValue(of: text) { #expect(GatewayError($0) == error) }
            let answer = written { error.writeAnswer(to: &$0, id: RPCIdentifier(7)) }
            #expect(answer == #"{"jsonrpc":"2.0","id":7,"error":\#(text)}"#)
        }
        try withValue(of: #"{"code":4711,"message":"","data":{}}"#) {
            #expect(GatewayError($0) == nil)
        }
    }

    @Test("Faults of JSON, envelope and parameters map to their codes")
    func mapsFaults() throws {
        func parseFault(_ text: String) -> GatewayError? {
            let bytes = Array(text.utf8)
            var tape = JSONTape(limits: JSONLimits(depthMax: 2))
            do throws(JSONError) {
                // Safety: the array outlives the span, which is used in this scope only.
                try tape.read(unsafe bytes.span.bytes)
                return nil
            } catch {
                return GatewayError(error)
            }
        }
        #expect(parseFault("[") == GatewayError(.parseError, reason: "unexpected_end"))
        #expect(parseFault("[[[]]]") == GatewayError(.payloadTooLarge, reason: "too_deep"))
        #expect(
            GatewayError(RPCEnvelopeError.emptyBatch)
                == GatewayError(.invalidRequest, reason: "empty_batch"))
        #expect(GatewayError(RPCEnvelopeError.batchTooLarge).code == .batchTooLarge)
        let fault = try #require(try fault(TickHistoryParams.self, "{}"))
        #expect(
            GatewayError(fault)
                == GatewayError(
                    .invalidParams, reason: "missing_field", field: "market",
                    fieldErrors: [FieldError(field: "market", reason: "missing_field")]))
    }
}
