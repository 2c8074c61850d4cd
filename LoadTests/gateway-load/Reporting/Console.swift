import Glibc

/// The terminal: results on standard output, progress on standard error.
enum Console {
    /// Writes a line of the results.
    static func write(_ line: String) {
        put(line + "\n", to: STDOUT_FILENO)
    }

    /// Writes a line about how it goes.
    static func note(_ line: String) {
        put(line + "\n", to: STDERR_FILENO)
    }

    /// Writes over the last progress line where standard error is a terminal, else a new line.
    static func progress(_ line: String) {
        let isTerminal = isatty(STDERR_FILENO) == 1
        put(isTerminal ? "\r\u{1B}[K" + line : line + "\n", to: STDERR_FILENO)
    }

    /// Ends a progress line.
    static func endProgress() {
        if isatty(STDERR_FILENO) == 1 { put("\n", to: STDERR_FILENO) }
    }

    private static func put(_ text: String, to descriptor: Int32) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            // Safety: the slice's own address and size are passed.
            let count = unsafe bytes.withUnsafeBytes {
                unsafe Glibc.write(descriptor, $0.baseAddress, $0.count)
            }
            guard count > 0 else { return }
            bytes = bytes.dropFirst(count)
        }
    }
}
