import Glibc
import LoadTesting
import TestSupport
import Testing

@Suite("Processor time and memory from /proc (proc(5))")
struct ProcessTests {
    @Test("user and system time are counted from the last parenthesis")
    func stat() {
        let text =
            "1234 (a (b) c) S 1 1 1 0 -1 4194304 100 0 0 0 250 50 0 0 20 0 4 0 100 1000 100 1\n"
        #expect(ProcessCPUTime.nanoseconds(stat: text, ticksPerSecond: 100) == 3_000_000_000)
    }

    @Test(
        "damaged text gives nothing",
        arguments: [
            "", "1 (a", "1 (a) S 1 2 3", "1 (a) S 1 1 1 0 -1 4194304 100 0 0 0 x 50 0 0",
            "1 (a) S 1 1 1 0 -1 4194304 100 0 0 0 18446744073709551615 50 0 0",
        ])
    func damagedStat(text: String) {
        #expect(ProcessCPUTime.nanoseconds(stat: text, ticksPerSecond: 100) == nil)
    }

    @Test("ticks that are no rate give nothing")
    func zeroTicks() {
        let text = "1 (a) S 1 1 1 0 -1 4194304 100 0 0 0 1 1 0 0"
        #expect(ProcessCPUTime.nanoseconds(stat: text, ticksPerSecond: 0) == nil)
    }

    @Test("schedstat's first number is the time")
    func schedstat() {
        #expect(ProcessCPUTime.nanoseconds(schedstat: "123456789 55 7\n") == 123_456_789)
        #expect(ProcessCPUTime.nanoseconds(schedstat: "") == nil)
        #expect(ProcessCPUTime.nanoseconds(schedstat: "x 1 2") == nil)
    }

    @Test("smaps_rollup in bytes")
    func memory() throws {
        let text = """
            55d0a0000000-7ffd00000000 ---p 00000000 00:00 0    [rollup]
            Rss:                2048 kB
            Pss:                1024 kB
            Pss_Dirty:           600 kB
            Private_Dirty:       512 kB
            """
        let memory = try #require(ProcessMemory(smapsRollup: text))
        #expect(memory.residentByteCount == 2048 * 1024)
        #expect(memory.proportionalByteCount == 1024 * 1024)
        #expect(memory.privateDirtyByteCount == 512 * 1024)
        #expect(ProcessMemory(smapsRollup: "Rss: 1 kB\n") == nil)
        #expect(ProcessMemory(smapsRollup: "Rss:\nPss: 1 kB\nPrivate_Dirty: 1 kB") == nil)
    }

    @Test("this process can be observed, and its time grows")
    func thisProcess() throws {
        let process = ObservedProcess(id: getpid())
        // Threads of other tests that end meanwhile take their time with them.
        let hasGrown = try (0..<20).contains { _ in
            let before = try process.cpuNanoseconds()
            var sum: UInt64 = 0
            for value in 0..<2_000_000 as Range<UInt64> { sum = sum &* 31 &+ value }
            return try process.cpuNanoseconds() > before && sum != 1
        }
        #expect(hasGrown)
        #expect(try process.memory().residentByteCount > 0)
    }

    @Test("a process that does not exist is an error")
    func noProcess() {
        #expect(throws: (any Error).self) { try ObservedProcess(id: -1).cpuNanoseconds() }
    }
}
