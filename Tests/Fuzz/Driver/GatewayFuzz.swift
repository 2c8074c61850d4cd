import CLibFuzzer
import FuzzHarnesses
import Glibc

/// `gateway-fuzz HARNESS [libFuzzer's arguments]`: made by Scripts/fuzz.
@main
struct GatewayFuzz {
    // Safety: written once before the fuzzer starts, which calls back on the same thread.
    nonisolated(unsafe) private static var harness = FuzzHarness.named("canary")

    static func main() {
        var arguments = CommandLine.arguments
        guard arguments.count > 1, let harness = FuzzHarness.named(arguments[1]) else {
            print("usage: gateway-fuzz \(FuzzHarness.all.map(\.name).joined(separator: "|"))")
            exit(2)
        }
        arguments.remove(at: 1)
        arguments.append("-max_len=\(harness.byteCountMax)")
        unsafe Self.harness = harness
        // Safety: the strings and their array live as long as the process.
        var pointers = unsafe arguments.map { unsafe strdup($0) } + [nil]
        var count = Int32(arguments.count)
        unsafe pointers.withUnsafeMutableBufferPointer { buffer in
            var start = buffer.baseAddress
            _ = unsafe LLVMFuzzerRunDriver(&count, &start) { bytes, byteCount in
                unsafe GatewayFuzz.run(UnsafeRawBufferPointer(start: bytes, count: byteCount))
                return 0
            }
        }
    }

    /// Runs one input; ends the process, which the fuzzer sees, where a property does not hold.
    private static func run(_ bytes: UnsafeRawBufferPointer) {
        do throws(PropertyFailure) {
            // Safety: the fuzzer's bytes are valid during the call and are copied.
            try unsafe harness?.run(Array(bytes))
        } catch {
            print("PROPERTY: \(error.description)")
            fflush(nil)
            abort()
        }
    }
}
