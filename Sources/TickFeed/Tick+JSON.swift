extension Tick {
    /// Appends the tick as one JSON object with its members in the fixed order market, quote,
    /// epoch_ms, bid, ask, pip_size; members without a value are left out.
    ///
    /// - Parameter bytes: receives the object, without a line end.
    package func appendJSON(to bytes: inout [UInt8]) {
        bytes.append(contentsOf: #"{"market":""#.utf8)
        bytes.append(contentsOf: market.utf8)
        bytes.append(contentsOf: #"","quote":""#.utf8)
        bytes.append(contentsOf: quote.utf8)
        bytes.append(contentsOf: #"","epoch_ms":"#.utf8)
        bytes.append(contentsOf: String(epochMilliseconds).utf8)
        if let bid {
            bytes.append(contentsOf: #","bid":""#.utf8)
            bytes.append(contentsOf: bid.utf8)
            bytes.append(UInt8(ascii: "\""))
        }
        if let ask {
            bytes.append(contentsOf: #","ask":""#.utf8)
            bytes.append(contentsOf: ask.utf8)
            bytes.append(UInt8(ascii: "\""))
        }
        if let pipSize {
            bytes.append(contentsOf: #","pip_size":"#.utf8)
            bytes.append(contentsOf: String(pipSize).utf8)
        }
        bytes.append(UInt8(ascii: "}"))
    }

    /// Appends the tick as one line of a recording (NDJSON).
    ///
    /// - Parameter bytes: receives the object and a line feed.
    package func appendRecordingLine(to bytes: inout [UInt8]) {
        appendJSON(to: &bytes)
        bytes.append(UInt8(ascii: "\n"))
    }
}
