/// The home of a loop's fan-out, shared by the objects that live on that loop.
///
/// An object that stores a ``FanOut`` itself pays about 6 ns for each call, since accesses to the
/// stored properties of classes are checked for exclusivity at run time: together as much as all
/// the rest of a delivery. Here the fan-out has memory of its own, where accesses are unchecked.
/// A flush loop is fastest as a function that takes the fan-out as an `inout` parameter.
///
/// Not sendable: it stays on the loop that made it.
//
// Safety: the memory is initialised in `init`, freed in `deinit`, and reached only through
// `fanOut`, by one access at a time: the fan-out calls nothing but the compressor, which gets
// bytes only and has no business with this object.
@safe
package final class LoopFanOut {
    private let storage: UnsafeMutablePointer<FanOut>

    /// Gives a fan-out its home.
    package init(_ fanOut: consuming FanOut) {
        unsafe storage = .allocate(capacity: 1)
        unsafe storage.initialize(to: fanOut)
    }

    deinit {
        // Safety: initialised in `init`; nobody else has the pointer.
        unsafe storage.deinitialize(count: 1)
        unsafe storage.deallocate()
    }

    /// The fan-out, used in place.
    package var fanOut: FanOut {
        // Safety: the memory lives as long as this object.
        unsafeAddress { unsafe UnsafePointer(storage) }
        unsafeMutableAddress { unsafe storage }
    }
}
