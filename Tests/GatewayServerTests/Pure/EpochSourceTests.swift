import GatewayAPI
import TestSupport
import Testing

@testable import GatewayServer

@Suite("EpochSource") struct EpochSourceTests {
    @Test func `never gives a name twice, nor one of another start`() {
        var first = EpochSource(seed: 1)
        var second = EpochSource(seed: 2)
        var names: Set<String> = []
        for _ in 0..<10_000 {
            names.insert(first.next())
            names.insert(second.next())
        }
        #expect(names.count == 20_000)
    }

    @Test(
        "knows its own names", arguments: [0, 1, UInt64.max, 0x8000_0000_0000_0000])
    func ownNames(seed: UInt64) {
        var source = EpochSource(seed: seed)
        var other = EpochSource(seed: seed ^ 0xff)
        let name = source.next()
        #expect(source.owns(name))
        #expect(!source.owns(other.next()))
        for stranger in ["", ".", ".1", "18b5f2c", String(name.prefix { $0 != "." }), "x" + name] {
            #expect(!source.owns(stranger), "\(stranger)")
        }
    }

    @Test(
        "gives names that the contract takes in `recover`",
        arguments: [0, 1, UInt64.max, 0x8000_0000_0000_0000])
    func form(seed: UInt64) {
        var source = EpochSource(seed: seed)
        for _ in 0..<40 {
            let name = source.next()
            #expect(name.utf8.count <= 32)
            #expect(
                name.utf8.allSatisfy { byte in
                    "abcdefghijklmnopqrstuvwxyz0123456789.".utf8.contains(byte)
                })
        }
    }
}
