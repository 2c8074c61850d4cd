import Synchronization

/// What other threads hand to a loop: closures and jobs, with the rule when to wake it.
final class LoopInbox: Sendable {
    /// One thing to run on the loop.
    enum Item: Sendable {
        case operation(@Sendable () -> Void)
        case job(UnownedJob)
    }

    private struct State {
        var items: ContiguousArray<Item> = []
        var isWaiting = false
    }

    private let state = Mutex(State())

    /// Adds an item.
    ///
    /// - Returns: true where the loop waits in its poller and has to be woken by the caller; at
    ///   most one caller gets true for each wait.
    func append(_ item: Item) -> Bool {
        state.withLock { state in
            state.items.append(item)
            let wakes = state.isWaiting
            state.isWaiting = false
            return wakes
        }
    }

    /// Says that the loop is about to wait, unless something came in.
    ///
    /// - Returns: whether the loop may wait.
    func beginWait() -> Bool {
        state.withLock { state in
            state.isWaiting = state.items.isEmpty
            return state.isWaiting
        }
    }

    /// Ends the wait and takes everything that came in, leaving `spare` as the next storage.
    func takeAll(into spare: inout ContiguousArray<Item>) {
        state.withLock { state in
            state.isWaiting = false
            swap(&state.items, &spare)
        }
    }
}
