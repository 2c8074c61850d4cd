/// A value that belongs to a loop, carried through code that may run anywhere.
///
/// The value is reached on the loop's thread only, which each access checks; dropping the last
/// reference elsewhere is the one thing that callers must avoid for values with side effects in
/// their deinit.
package struct LoopBound<Value>: @unchecked Sendable {
    // Safety: `@unchecked Sendable` because `value` traps off the loop's thread, so no two threads
    // touch the wrapped value at the same time.
    private let wrapped: Value
    /// The loop that the value belongs to.
    package let loop: EventLoop

    /// Binds a value to a loop. Callable anywhere; who calls it off the loop gives the value up:
    /// only the loop's thread may touch it from here on.
    package init(_ value: Value, loop: EventLoop) {
        wrapped = value
        self.loop = loop
    }

    /// The value; traps off the loop's thread.
    package var value: Value {
        loop.preconditionOnLoop()
        return wrapped
    }
}
