/// What the connections of one role in one loop share: limits, and storage for what is incomplete.
///
/// Passed to every call on a ``WebSocketMachine``, so that a connection need not keep a reference.
/// Belongs to one loop; not for use by two threads at once.
package final class WebSocketContext {
    /// Which end the connections are.
    package let role: WebSocketRole

    /// Bounds on what peers may send.
    package let limits: WebSocketLimits

    private var idleAssemblies: [MessageAssembly] = []
    let inflaters: InflaterPool

    /// A context in which nothing is under way.
    package init(role: WebSocketRole, limits: WebSocketLimits = WebSocketLimits()) {
        self.role = role
        self.limits = limits
        inflaters = InflaterPool(
            leasedCountMax: limits.leasedInflaterCountMax,
            idleCountMax: limits.idleInflaterCountMax)
    }

    /// How many compressed messages are incomplete now, of connections without context takeover.
    package var leasedInflaterCount: Int { inflaters.leasedCount }

    func takeAssembly() -> MessageAssembly {
        idleAssemblies.popLast() ?? MessageAssembly()
    }

    func giveBack(_ assembly: MessageAssembly) {
        assembly.reset(keepingCapacityUpTo: limits.idleAssemblyByteCountMax)
        guard idleAssemblies.count < limits.idleAssemblyCountMax else { return }
        idleAssemblies.append(assembly)
    }
}
