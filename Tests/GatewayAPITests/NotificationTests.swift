import GatewayAPI
import JSONRPC
import Testing

@Suite("Notifications")
struct NotificationTests {
    @Test("The pieces of an event are the bytes of the contract")
    func pinsEventTemplate() throws {
        let plain =
            "\(EventTemplate.head)ticks:R_100\(EventTemplate.afterChannel)124"
            + "\(EventTemplate.beforeData){\"a\":1}\(EventTemplate.tail)"
        #expect(
            plain == #"{"jsonrpc":"2.0","method":"event","params":"#
                + #"{"channel":"ticks:R_100","seq":124,"data":{"a":1}}}"#)
        let merged =
            "\(EventTemplate.head)ticks:R_100\(EventTemplate.afterChannel)124"
            + "\(EventTemplate.beforePreviousSeq)120\(EventTemplate.beforeMerged)3"
            + "\(EventTemplate.beforeData)1\(EventTemplate.tail)"
        let dropped = merged.replacing(
            "\(EventTemplate.beforeMerged)", with: "\(EventTemplate.beforeDropped)")
        for (text, mergedCount, droppedCount) in [
            (plain, nil, nil), (merged, 3, nil), (dropped, nil, 3),
        ] as [(String, Int64?, Int64?)] {
            try withValue(of: text) { root in
                let message = try RPCMessage(root, limits: RPCLimits())
                #expect(message.kind == .notification)
                guard let value = message.params else {
                    Issue.record("an event without params")
                    return
                }
                let params = try EventParams(value)
                #expect(params.channel == "ticks:R_100")
                #expect(params.seq == 124)
                #expect(params.prevSeq == (text == plain ? nil : 120))
                #expect(params.merged == mergedCount)
                #expect(params.dropped == droppedCount)
                #expect(written { params.writeNotification(to: &$0) } == text)
            }
        }
    }

    @Test("Each notification is written whole", arguments: GatewayNotification.allCases)
    func writesNotifications(notification: GatewayNotification) throws {
        func write<Params: APIObject>(_ type: Params.Type) throws -> (String, String) {
            let notificationType = try #require(type as? any NotificationParams.Type)
            return (
                try rewrite(notificationType, notification.exampleParams),
                "\(notificationType.method)"
            )
        }
        let (text, method) = try write(notification.paramsType)
        #expect(method == notification.rawValue)
        #expect(
            text == #"{"jsonrpc":"2.0","method":"\#(notification.rawValue)","params":"#
                + notification.exampleParams + "}")
    }

    private func rewrite(_ type: any NotificationParams.Type, _ text: String) throws -> String {
        func open<Params: NotificationParams>(_ type: Params.Type) throws -> String {
            let params = try read(type, text)
            return written { params.writeNotification(to: &$0) }
        }
        return try open(type)
    }
}
