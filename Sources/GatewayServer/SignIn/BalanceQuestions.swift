import EventLoop
import GatewayAPI
import Security

/// The questions of a loop to the broker about users' money: one per user at a time, whoever wants
/// to know it meanwhile gets the same answer, and for a moment it is known. Confined to its loop.
final class BalanceQuestions {
    typealias Answer = Result<DecimalText?, GatewayError>

    /// Questions under way at the same time. 64: the broker takes five a second of one address in
    /// the long run, and more that wait would be refused after all.
    static let questionCountMax = 64
    /// For how long an answer holds, in nanoseconds. 5 s: a user cannot make the gateway ask more
    /// often than the broker lets an address in the long run, and money that has just come counts
    /// soon.
    static let answerNanoseconds: UInt64 = 5_000_000_000
    /// Answers that are known at the same time. 1024: some 100 KB.
    static let answerCountMax = 1024

    private let loop: EventLoop
    private var waiting: [SubjectID: [(Answer) -> Void]] = [:]
    private var known: [SubjectID: (amount: DecimalText?, until: UInt64)] = [:]

    init(loop: EventLoop) {
        self.loop = loop
    }

    /// Asks; the completion is called once, on the loop, and may be at once.
    ///
    /// - Parameters:
    ///   - balance: who can be asked.
    ///   - user: whose money it is.
    ///   - completion: gets the balance, nil where no account is known.
    func ask(
        _ balance: BrokerBalance, of user: SubjectID, completion: @escaping (Answer) -> Void
    ) {
        if let answer = known[user], loop.now.nanoseconds < answer.until {
            return completion(.success(answer.amount))
        }
        if waiting[user] != nil {
            waiting[user]?.append(completion)
            return
        }
        guard waiting.count < Self.questionCountMax else {
            return completion(
                .failure(
                    GatewayError(
                        .overloaded, reason: "broker_busy", retryAfterMilliseconds: 1000)))
        }
        waiting[user] = [completion]
        let work = LoopBound((questions: self, balance: balance), loop: loop)
        loop.task {
            let (questions, balance) = work.value
            let answer: Answer
            do throws(GatewayError) {
                answer = .success(try await balance.amount(of: user))
            } catch {
                answer = .failure(error)
            }
            questions.answered(answer, of: user)
        }
    }

    private func answered(_ answer: Answer, of user: SubjectID) {
        if case .success(let amount) = answer {
            let now = loop.now.nanoseconds
            if known.count >= Self.answerCountMax {
                known = known.filter { $0.value.until > now }
            }
            // What does not fit is asked for again.
            if known.count < Self.answerCountMax {
                known[user] = (amount, now + Self.answerNanoseconds)
            }
        }
        for completion in waiting.removeValue(forKey: user) ?? [] { completion(answer) }
    }
}
