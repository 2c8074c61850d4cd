/// The memory that a loop reads into.
@safe package final class ReadBuffer {
    // Safety: allocated in init, freed in deinit; handed out as a bounded buffer to the loop's
    // thread only (the loop owns this object and is confined to its thread).
    private let storage: UnsafeMutableRawBufferPointer

    init(byteCount: Int) {
        precondition(byteCount > 0)
        unsafe storage = .allocate(byteCount: byteCount, alignment: 64)
        unsafe storage.initializeMemory(as: UInt8.self, repeating: 0)
    }

    deinit {
        unsafe storage.deallocate()
    }

    /// The whole buffer; valid as long as the loop lives, its contents until the next read.
    // Safety: `@unsafe` because the pointer does not keep this object alive: whoever asks for it
    // uses it on the loop's thread and no longer than the loop.
    @unsafe package var bytes: UnsafeMutableRawBufferPointer {
        unsafe storage
    }
}
