/// Why a keyring or its file is not usable. No case carries a byte of a key.
package enum KeyringError: Error, Equatable {
    /// The file exceeds `SecurityLimits.keyringByteCountMax`.
    case fileTooLong(byteCountMax: Int)
    /// The first line does not name the format and version that is expected.
    case unknownFormat(expected: String)
    /// A line is not of the form that the format describes.
    case invalidLine(number: Int)
    /// More keys than `SecurityLimits.keyCountMax`.
    case tooManyKeys(max: Int)
    /// Two keys have the same name or the same bytes.
    case duplicateKey(id: String)
    /// A key has the wrong length, or bytes that nobody drew at random.
    case unusableKey(id: String)
    /// No key, or more than one, is the one to use.
    case noPrimaryKey
    /// There is no key of that name.
    case noSuchKey(id: String)
    /// The key that is in use cannot be removed.
    case keyIsInUse(id: String)
}
