/// Bounds on the envelope of one JSON-RPC message.
package struct RPCLimits: Sendable, Equatable {
    /// Messages of one batch. 50 by default, which bounds the work that one frame can ask for.
    package var batchCountMax: Int

    /// Bytes of an `id` as it stands in the text, quotes included, since it is kept and echoed.
    ///
    /// 128 by default: three UUIDs in a row.
    package var identifierByteCountMax: Int

    /// Bytes of a method's name. 64 by default; the longest of the contract has 26.
    package var methodByteCountMax: Int

    /// Limits with changes to the defaults named one by one.
    ///
    /// - Parameters:
    ///   - batchCountMax: Messages of one batch.
    ///   - identifierByteCountMax: Bytes of an `id`, quotes included.
    ///   - methodByteCountMax: Bytes of a method's name.
    package init(
        batchCountMax: Int = 50, identifierByteCountMax: Int = 128, methodByteCountMax: Int = 64
    ) {
        self.batchCountMax = batchCountMax
        self.identifierByteCountMax = identifierByteCountMax
        self.methodByteCountMax = methodByteCountMax
    }
}
