/// The common form of keyring files: a first line with name and version, then one key a line, its
/// words separated by single spaces. Lines that begin with `#` and empty lines are skipped.
struct KeyringText {
    /// Name and version of the format, which the first line must be.
    let format: String

    /// Calls a closure with the words of each key's line, as ranges of the file.
    ///
    /// - Parameters:
    ///   - file: the bytes of the file.
    ///   - body: reads the words of one line, and answers whether they are valid.
    /// - Throws: `KeyringError` with the number of the first line at fault.
    func forEachLine(
        of file: Span<UInt8>, _ body: ([Range<Int>]) throws(KeyringError) -> Bool
    ) throws(KeyringError) {
        guard file.count <= SecurityLimits.keyringByteCountMax else {
            throw .fileTooLong(byteCountMax: SecurityLimits.keyringByteCountMax)
        }
        var lineNumber = 0
        var lineStart = 0
        while lineStart < file.count {
            var lineEnd = lineStart
            while lineEnd < file.count, file[lineEnd] != UInt8(ascii: "\n") { lineEnd += 1 }
            lineNumber += 1
            if lineNumber == 1 {
                let line = file.extracting(lineStart..<lineEnd)
                guard Self.isText(line, format) else { throw .unknownFormat(expected: format) }
            } else if lineStart < lineEnd, file[lineStart] != UInt8(ascii: "#") {
                let words = Self.words(of: file, in: lineStart..<lineEnd)
                guard !words.contains(where: \.isEmpty), try body(words) else {
                    throw .invalidLine(number: lineNumber)
                }
            }
            lineStart = lineEnd + 1
        }
        guard lineNumber > 0 else { throw .unknownFormat(expected: format) }
    }

    /// Whether the bytes are a text, in ASCII.
    static func isText(_ bytes: Span<UInt8>, _ text: String) -> Bool {
        bytes.count == text.utf8.count
            && zip(bytes.indices, text.utf8).allSatisfy { bytes[$0] == $1 }
    }

    private static func words(of file: Span<UInt8>, in line: Range<Int>) -> [Range<Int>] {
        var words: [Range<Int>] = []
        var start = line.lowerBound
        for index in line where file[index] == UInt8(ascii: " ") {
            words.append(start..<index)
            start = index + 1
        }
        words.append(start..<line.upperBound)
        return words
    }
}
