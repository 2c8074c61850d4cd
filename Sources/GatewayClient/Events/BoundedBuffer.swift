import Synchronization

/// A bounded queue between a loop, which never waits, and one or more tasks, which do.
///
/// When it is full the oldest element makes room; how many did is told to the reader before the
/// next element, at the place where they are missing.
final class BoundedBuffer<Element: Sendable>: Sendable {
    /// What a reader gets.
    enum Next: Sendable {
        /// The next element.
        case element(Element)
        /// So many elements are missing here, since the reader was too slow.
        case skipped(count: UInt64)
        /// There will be no more.
        case end
    }

    private struct Waiter {
        let id: UInt64
        let continuation: CheckedContinuation<Next, Never>
    }

    private struct State {
        var elements: ContiguousArray<Element?> = []
        var head = 0
        var skippedCount: UInt64 = 0
        var skippedTotal: UInt64 = 0
        var isFinished = false
        var waiters: ContiguousArray<Waiter> = []
        var cancelled: Set<UInt64> = []
        var nextID: UInt64 = 0

        var count: Int { elements.count - head }
    }

    private let state = Mutex(State())
    /// Elements that are kept.
    let countMax: Int
    /// Elements beyond `countMax` that still find room, for a writer that stops only once it has
    /// put down what it holds.
    let excessMax: Int

    init(countMax: Int, excessMax: Int = 0) {
        precondition(countMax > 0, "a buffer holds at least one element")
        self.countMax = countMax
        self.excessMax = excessMax
    }

    /// How many elements wait.
    var count: Int { state.withLock { $0.count } }

    /// How many elements have made room since the beginning.
    var skippedTotal: UInt64 { state.withLock { $0.skippedTotal } }

    /// Adds an element; does nothing after `finish`.
    ///
    /// - Returns: how many elements wait now.
    @discardableResult
    func push(_ element: Element) -> Int {
        let (waiter, count): (Waiter?, Int) = state.withLock { state in
            guard !state.isFinished else { return (nil, state.count) }
            if !state.waiters.isEmpty { return (state.waiters.removeFirst(), 0) }
            if state.count >= countMax + excessMax {
                state.elements[state.head] = nil
                state.head += 1
                state.skippedCount += 1
                state.skippedTotal += 1
            }
            state.elements.append(element)
            Self.compact(&state)
            return (nil, state.count)
        }
        waiter?.continuation.resume(returning: .element(element))
        return count
    }

    /// Ends the queue; what waits can still be read.
    func finish() {
        let waiters = state.withLock { state in
            state.isFinished = true
            let waiters = state.waiters
            state.waiters = []
            return waiters
        }
        for waiter in waiters { waiter.continuation.resume(returning: .end) }
    }

    /// Takes the next element, waiting for it; a task that is cancelled gets `end`.
    func next() async -> Next {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        let next = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                if let next = take(orWait: Waiter(id: id, continuation: continuation)) {
                    continuation.resume(returning: next)
                }
            }
        } onCancel: {
            cancel(id)
        }
        state.withLock { _ = $0.cancelled.remove(id) }
        return next
    }

    private func take(orWait waiter: Waiter) -> Next? {
        state.withLock { state in
            if state.cancelled.remove(waiter.id) != nil { return .end }
            if state.skippedCount > 0 {
                let count = state.skippedCount
                state.skippedCount = 0
                return .skipped(count: count)
            }
            if state.count > 0, let element = state.elements[state.head] {
                state.elements[state.head] = nil
                state.head += 1
                Self.compact(&state)
                return .element(element)
            }
            if state.isFinished { return .end }
            state.waiters.append(waiter)
            return nil
        }
    }

    private func cancel(_ id: UInt64) {
        let waiter: Waiter? = state.withLock { state in
            guard let index = state.waiters.firstIndex(where: { $0.id == id }) else {
                // Either it has been answered, or it has not begun to wait: then it finds its name.
                state.cancelled.insert(id)
                return nil
            }
            return state.waiters.remove(at: index)
        }
        waiter?.continuation.resume(returning: .end)
    }

    /// Gives the room of taken elements back once it is as large as what is kept.
    private static func compact(_ state: inout State) {
        guard state.head > 0, state.head * 2 >= state.elements.count else { return }
        state.elements.removeFirst(state.head)
        state.head = 0
    }
}
