import GatewayAPI
import JSONRPC

/// One walk through everything that is stored of sessions, in small steps between which Redis
/// serves others (`tradermind_repair`, Protocol/redis.md). Confined to its loop.
final class SessionRepair {
    /// Steps of one walk at most, as a bound for a walk that does not end: 5000 open sessions and
    /// their indexes take some hundred.
    static let stepCountMax = 1_000_000

    /// What a walk found.
    struct Report {
        /// An entry that could not be read and was moved away.
        struct Quarantined {
            let key: String
            let problem: String
        }

        /// Sessions, index entries, signals and kill switches that were looked at.
        var checkedCount = 0
        /// What could be derived from the rest and was put right.
        var repairedCount = 0
        /// What could not.
        var quarantined: [Quarantined] = []
        /// Whether the walk came to its end.
        var isComplete = false
    }

    private let functions: FunctionCaller
    private var report = Report()
    private var stepCount = 0
    private var completion: ((Report) -> Void)?

    init(functions: FunctionCaller) {
        self.functions = functions
    }

    /// Walks; the completion is called once, on the loop.
    func run(completion: @escaping (Report) -> Void) {
        self.completion = completion
        step("{}")
    }

    private func step(_ request: String) {
        stepCount += 1
        guard stepCount <= Self.stepCountMax else { return finish() }
        let bytes = Array(request.utf8)
        // Safety: the array lives during the call, which copies it.
        unsafe functions.call("repair", bytes.span.bytes) { [weak self] outcome in
            guard let self else { return }
            guard case .success(let json) = outcome else { return finish() }
            take(json)
        }
    }

    private func take(_ json: [UInt8]) {
        // Safety: the array lives during the calls.
        let text = unsafe json.span.bytes
        var tape = JSONTape(limits: .payload)
        guard (try? tape.read(text)) != nil else { return finish() }
        let root = tape.root(in: text)
        guard let phase = root.member("phase")?.string, let cursor = root.member("cursor")?.string
        else { return finish() }
        report.checkedCount += Int(clamping: root.member("checked")?.int64 ?? 0)
        report.repairedCount += root.member("repaired")?.count ?? 0
        if let list = root.member("quarantined") {
            var entries = list.elements
            while let entry = entries.next() {
                report.quarantined.append(
                    Report.Quarantined(
                        key: entry.member("key")?.string ?? "",
                        problem: entry.member("problem")?.string ?? ""))
            }
        }
        if phase == "done" {
            report.isComplete = true
            return finish()
        }
        // Both are words and digits of our own function.
        step("{\"phase\":\"\(phase)\",\"cursor\":\"\(cursor)\"}")
    }

    private func finish() {
        completion?(report)
        completion = nil
    }
}
