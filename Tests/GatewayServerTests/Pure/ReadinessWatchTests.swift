import Testing

@testable import GatewayServer

@Suite("What a node logs of its readiness") struct ReadinessWatchTests {
    /// What is told of a row of seconds and problems: `+` for ready, `++` for ready again, else the
    /// problems.
    private func told(_ looks: [(UInt32, [String])]) -> [String] {
        var watch = ReadinessWatch()
        return looks.compactMap { second, problems in
            switch watch.look(second: second, problems: problems) {
            case .ready(let isAgain): isAgain ? "++" : "+"
            case .notReady(let problems): problems.joined(separator: ",")
            default: nil
            }
        }
    }

    @Test func `the first seconds are the node's own, then each change is told once`() {
        #expect(told([(1, ["a"]), (1, ["a"]), (3, ["a"])]).isEmpty)
        #expect(told([(1, ["a"]), (4, []), (5, []), (6, [])]) == ["+"])
        #expect(
            told([(1, []), (4, ["a"]), (5, ["a"]), (6, ["a", "b"]), (7, []), (8, ["a"])])
                == ["a", "a,b", "++", "a"])
    }

    @Test func `within a second nothing is told a second time`() {
        #expect(told([(1, []), (4, ["a"]), (4, []), (4, ["b"]), (5, [])]) == ["a", "++"])
    }

    @Test func `a drain is no outage`() {
        #expect(told([(1, []), (4, []), (5, ["draining"]), (6, ["draining", "a"])]) == ["+"])
    }
}
