/// Writes metrics in the Prometheus text format, version 0.0.4.
struct PrometheusText {
    /// The media type that goes with it.
    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// What a metric's values mean.
    enum Kind: String {
        case counter, gauge
    }

    private(set) var text = ""

    /// Adds a metric with one value per set of labels.
    mutating func add(
        _ name: String, _ kind: Kind, help: String,
        _ samples: [(labels: [(String, String)], value: Double)]
    ) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
        for (labels, value) in samples {
            text += name
            if !labels.isEmpty {
                let pairs = labels.map { "\($0)=\"\(Self.escaped($1))\"" }
                text += "{\(pairs.joined(separator: ","))}"
            }
            text += " \(Self.number(value))\n"
        }
    }

    /// Adds a metric with one value.
    mutating func add(_ name: String, _ kind: Kind, help: String, _ value: Int) {
        add(name, kind, help: help, [([], Double(value))])
    }

    private static func number(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 0x1p53 ? String(Int64(value)) : String(value)
    }

    private static func escaped(_ value: String) -> String {
        var result = ""
        for character in value.unicodeScalars {
            switch character {
            case "\\": result += "\\\\"
            case "\"": result += "\\\""
            case "\n": result += "\\n"
            default: result.unicodeScalars.append(character)
            }
        }
        return result
    }
}
