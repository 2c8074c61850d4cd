/// Why the fan-out refused a call. A refused call changed nothing.
package enum StreamError: Error, Equatable, Sendable {
    /// The loop already has its maximum of connections.
    case tooManyConnections(max: Int)

    /// The loop already has its maximum of channels.
    case tooManyChannels(max: Int)

    /// The connection already has its maximum of subscriptions.
    case tooManySubscriptions(max: Int)

    /// A channel name is empty, or has a byte other than visible ASCII without `"` and `\`: names
    /// are written into JSON as they are.
    case invalidChannelName

    /// A channel name is longer than the limit.
    case channelNameTooLong(byteCount: Int, max: Int)

    /// An epoch is longer than the limit.
    case epochTooLong(byteCount: Int, max: Int)

    /// A publication or message is longer than the limit.
    case payloadTooLarge(byteCount: Int, max: Int)

    /// The deflate parameter set was not announced when the fan-out was made.
    case unknownEncoding

    /// The connection is gone.
    case unknownConnection

    /// The channel is gone.
    case unknownChannel

    /// The channel still has subscribers and cannot be closed.
    case channelInUse

    /// A publication's own sequence number is not above the channel's last one: it was delivered
    /// before.
    case staleSequence(last: UInt64)
}
