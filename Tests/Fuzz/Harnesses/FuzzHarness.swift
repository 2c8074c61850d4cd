/// Code under test that takes any bytes, and what has to hold for all of them.
///
/// The fuzzer makes inputs; the ordinary tests replay those that are kept in `Corpus` and
/// `Regressions`, in the folder of the same name as the harness.
package struct FuzzHarness: Sendable {
    /// The name on the command line and of the folders.
    package let name: String

    /// Longer inputs find nothing that shorter ones do not, in bytes.
    package let byteCountMax: Int

    /// Runs one input; throws the property that does not hold.
    package let run: @Sendable ([UInt8]) throws(PropertyFailure) -> Void

    /// Every harness.
    package static let all = [
        frames, inflate, handshake, jsonRPC, resp, token, keySet, httpResponse, canary,
    ]

    /// The harness of a name; nil where there is none.
    package static func named(_ name: String) -> FuzzHarness? {
        all.first { $0.name == name }
    }
}
