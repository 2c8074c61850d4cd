import GatewayAPI
import JSONRPC
import TestSupport
import Testing

@testable import GatewayClient

@Suite("PendingRequests: each request is completed once")
struct PendingRequestsTests {
    @Test("ids count up, and no more wait than the bound", arguments: [1, 2, 5])
    func bound(countMax: Int) {
        var requests = PendingRequests(countMax: countMax)
        for expected in 1...countMax {
            #expect(requests.add { _ in } == Int64(expected))
        }
        #expect(requests.add { _ in } == nil)
        #expect(requests.count == countMax)
        #expect(requests.remove(1) != nil)
        #expect(requests.remove(1) == nil)
        #expect(requests.add { _ in } == Int64(countMax + 1))
    }

    @Test("all are taken out in the order in which they were sent")
    func removeAll() {
        var requests = PendingRequests(countMax: 10)
        var completed: [Int] = []
        for index in 0..<10 { _ = requests.add { _ in completed.append(index) } }
        for entry in requests.removeAll() {
            entry.completion(.failure(GatewayClientError(.closed, "closed")))
        }
        #expect(completed == Array(0..<10))
        #expect(requests.count == 0)
    }
}

@Suite("SubscriptionList: what is asked for again after a reconnect")
struct SubscriptionListTests {
    @Test("channels keep their order and their newest options, without a place")
    func order() {
        var list = SubscriptionList()
        list.add(ChannelSubscription(channel: "a", recover: StreamPosition(epoch: "e", seq: 1)))
        list.add(ChannelSubscription(channel: "b"))
        list.add(ChannelSubscription(channel: "a", policy: .buffer))
        #expect(
            list.batches(of: 10) == [
                [
                    ChannelSubscription(channel: "a", policy: .buffer),
                    ChannelSubscription(channel: "b"),
                ]
            ])
        list.remove("a")
        #expect(!list.contains("a"))
        #expect(list.contains("b"))
    }

    @Test("batches are as large as one request takes", arguments: [0, 1, 99, 100, 101, 250])
    func batches(count: Int) {
        var list = SubscriptionList()
        for index in 0..<count { list.add(ChannelSubscription(channel: "c\(index)")) }
        let batches = list.batches(of: 100)
        #expect(batches.count == (count + 99) / 100)
        #expect(batches.allSatisfy { (1...100).contains($0.count) })
        #expect(batches.joined().map(\.channel) == (0..<count).map { "c\($0)" })
    }
}

@Suite("ServerMessage: what a client can be sent")
struct ServerMessageTests {
    private func read(_ text: String) throws(ServerMessage.Failure) -> ServerMessage {
        var tape = JSONTape()
        let bytes = Array(text.utf8)
        // Safety: every byte of an array of bytes is initialised.
        return try unsafe ServerMessage(bytes.span.bytes, tape: &tape)
    }

    @Test(
        "what is no message of a gateway is refused",
        arguments: [
            "", "{", "nope", "[]", "{}", #"{"jsonrpc":"2.0","id":1}"#,
            #"{"jsonrpc":"2.0","id":"x","result":1}"#,
            #"{"jsonrpc":"2.0","id":1,"error":{"message":"no code"}}"#,
            #"{"jsonrpc":"2.0","method":"event"}"#,
            #"{"jsonrpc":"2.0","method":"event","params":{"channel":"c"}}"#,
            #"{"jsonrpc":"2.0","method":"event","params":{"channel":"c","seq":-1,"data":1}}"#,
            #"{"jsonrpc":"2.0","method":"event","params":{"channel":"c","seq":"1","data":1}}"#,
            #"{"jsonrpc":"2.0","method":"hello","params":{"node":1}}"#,
        ])
    func refused(text: String) {
        #expect(throws: ServerMessage.Failure.self) { try read(text) }
    }

    @Test("no prefix and no changed byte of the greeting traps")
    func damaged() {
        let bytes = Array(ScriptedGateway.hello().utf8)
        for index in bytes.indices {
            _ = try? read(String(decoding: bytes[..<index], as: UTF8.self))
            var changed = bytes
            changed[index] ^= 0x11
            _ = try? read(String(decoding: changed, as: UTF8.self))
        }
        #expect((try? read(ScriptedGateway.hello())) != nil)
    }
}

@Suite("CloseInformation: whether to come back (Protocol/close-codes.json)")
struct CloseInformationTests {
    @Test("every code of the catalog has its own advice")
    func catalog() {
        for code in CloseCode.allCases {
            let information = CloseInformation(code: code.rawValue, reason: "", isByServer: true)
            let expected: CloseInformation.Reconnect =
                switch code.reconnect {
                case .never: .never
                case .immediately: .immediately
                case .backoff: .backoff
                case .afterRefresh: .afterRefresh
                }
            #expect(information.reconnect == expected)
        }
    }

    @Test(
        "codes that came later go by their range",
        arguments: [
            (4000, true), (4099, true), (4499, true), (4500, false), (4999, false), (3000, false),
            (1006, true), (1005, true), (1012, true), (1013, true), (1010, false),
        ] as [(UInt16, Bool)])
    func ranges(code: UInt16, comesBack: Bool) {
        let information = CloseInformation(code: code, reason: "why", isByServer: true)
        #expect((information.reconnect != .never) == comesBack)
        #expect(information.description == "\(code) why")
    }
}
