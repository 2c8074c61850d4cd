/// The processor time of a process, from the text of files under `/proc` (proc(5)).
package enum ProcessCPUTime {
    /// Nanoseconds that a thread has run, from `/proc/<pid>/task/<tid>/schedstat`: the first of
    /// its three numbers, exact to the nanosecond.
    ///
    /// - Returns: nil where the text has another form.
    package static func nanoseconds(schedstat text: String) -> UInt64? {
        text.split(whereSeparator: \.isWhitespace).first.flatMap { UInt64($0) }
    }

    /// Nanoseconds of user and system time together, from `/proc/<pid>/stat`, to the clock tick:
    /// the value that also counts threads which have ended.
    ///
    /// - Parameters:
    ///   - text: the file's text. The command's name in parentheses may hold spaces and
    ///     parentheses itself, so fields are counted from the last closing one.
    ///   - ticksPerSecond: the kernel's USER_HZ.
    /// - Returns: nil where the text has another form.
    package static func nanoseconds(stat text: String, ticksPerSecond: UInt64) -> UInt64? {
        guard ticksPerSecond > 0, let end = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: end)...].split(separator: " ")
        // Behind the name comes field 3; utime and stime are 14 and 15.
        guard fields.count > 12, let user = UInt64(fields[11]), let system = UInt64(fields[12])
        else { return nil }
        let (ticks, overflow) = user.addingReportingOverflow(system)
        guard !overflow, ticks < UInt64.max / 1_000_000_000 else { return nil }
        return ticks * 1_000_000_000 / ticksPerSecond
    }
}
