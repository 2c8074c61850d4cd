/// The memory of a process in bytes, from the text of `/proc/<pid>/smaps_rollup` (proc(5)).
package struct ProcessMemory: Sendable, Equatable, Codable {
    /// Pages in memory, shared ones in full.
    package var residentByteCount: UInt64
    /// Pages in memory, each shared one divided by the number of processes that share it.
    package var proportionalByteCount: UInt64
    /// Private pages that were written to: what the process costs on its own.
    package var privateDirtyByteCount: UInt64

    /// Reads the text of the file.
    ///
    /// - Returns: nil where a line is missing.
    package init?(smapsRollup text: String) {
        func byteCount(_ name: String) -> UInt64? {
            for line in text.split(separator: "\n") where line.hasPrefix(name) {
                let fields = line.dropFirst(name.count).split(separator: " ")
                return fields.first.flatMap { UInt64($0) }.map { $0 &* 1024 }
            }
            return nil
        }
        guard let resident = byteCount("Rss:"), let proportional = byteCount("Pss:"),
            let dirty = byteCount("Private_Dirty:")
        else { return nil }
        residentByteCount = resident
        proportionalByteCount = proportional
        privateDirtyByteCount = dirty
    }
}
