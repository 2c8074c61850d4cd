import GatewayAPI
import JSONRPC
import Testing

@Suite("Method table")
struct MethodTableTests {
    @Test("Every method is described once, in the order of the enumeration")
    func describesEachMethod() {
        #expect(GatewayMethod.descriptions.map(\.method) == GatewayMethod.allCases)
        for method in GatewayMethod.allCases {
            #expect(method.description.method == method)
            #expect(!method.description.summary.isEmpty)
        }
    }

    @Test("A method is found by its name and by no other", arguments: GatewayMethod.allCases)
    func findsMethods(method: GatewayMethod) {
        func find(_ name: String) -> GatewayMethod? {
            let bytes = Array(name.utf8)
            // Safety: the array outlives the span, which is used in this scope only.
            return unsafe GatewayMethod(utf8: bytes.span.bytes)
        }
        #expect(find(method.rawValue) == method)
        #expect(find(method.rawValue + "x") == nil)
        #expect(find(String(method.rawValue.dropLast())) != method)
        #expect(find(method.rawValue.uppercased()) == nil)
        #expect(find("") == nil)
        #expect(find(String(repeating: "x", count: 1000)) == nil)
    }

    @Test("The access rules are those of the contract")
    func pinsRoles() {
        let adminOnly: Set<GatewayMethod> = [
            .sessionCreate, .sessionUpdate, .sessionDelete, .sessionStart, .sessionPause,
            .sessionResume, .sessionStop, .sessionTerminate, .sessionRemoveParticipant,
            .killSwitchEngage, .killSwitchRelease, .authRevoke, .authDisconnect,
            .sessionRebuildReport,
        ]
        let serviceOnly: Set<GatewayMethod> = [
            .signalPublish, .signalClaim, .signalAcknowledge, .tradeSettle, .tickPublish,
        ]
        let adminAndService: Set<GatewayMethod> = [.killSwitchList, .signalList]
        let userAndAdmin: Set<GatewayMethod> = [.sessionJoin, .sessionLeave]
        for method in GatewayMethod.allCases {
            let expected: RoleSet =
                adminOnly.contains(method)
                ? .admin
                : serviceOnly.contains(method)
                    ? .service
                    : adminAndService.contains(method)
                        ? [.admin, .service]
                        : userAndAdmin.contains(method) ? [.user, .admin] : .everyone
            #expect(method.description.roles == expected, "\(method.rawValue)")
            for role in Role.allCases {
                #expect(method.isAllowed(for: role) == expected.contains(role))
            }
        }
    }

    @Test("What changes state takes an idempotency_key; what reads does not")
    func pinsIdempotency() {
        let reading: Set<GatewayMethod> = [
            .subscribe, .unsubscribe, .subscriptions, .ping, .authWhoAmI, .authRefresh,
            .limitsGet, .connectionStats, .rpcDiscover, .tickHistory, .sessionGet, .sessionList,
            .sessionParticipants, .sessionRebuildReport, .killSwitchList, .signalList,
        ]
        for method in GatewayMethod.allCases {
            #expect(
                method.description.changesState != reading.contains(method), "\(method.rawValue)")
            #expect(
                method.description.errors.contains(.idempotencyConflict)
                    == method.description.changesState)
        }
    }
}
