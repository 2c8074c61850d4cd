/// Times on the wire: integer milliseconds since the Unix epoch.
enum Time {
    /// From 1970 to the year 9999.
    static let range: ClosedRange<Int64> = 0...253_402_300_799_999
}
