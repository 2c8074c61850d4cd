/// How an event's frame is put together: the publisher's JSON is spliced in, not encoded again.
///
/// `{"jsonrpc":"2.0","method":"event","params":{"channel":"…","seq":1,"data":…}}`, and for a
/// subscriber for whom events were merged or dropped, `"prev_seq"`, `"merged"` and `"dropped"`
/// between `seq` and `data`.
enum EventFrame {
    static let beforeName: StaticString =
        #"{"jsonrpc":"2.0","method":"event","params":{"channel":""#
    static let afterName: StaticString = #"","seq":"#
    static let beforePrevious: StaticString = #","prev_seq":"#
    static let beforeMerged: StaticString = #","merged":"#
    static let beforeDropped: StaticString = #","dropped":"#
    static let beforeData: StaticString = #","data":"#
    static let end: StaticString = "}}"

    /// Bytes of the part that is the same in every event of a channel.
    static func prefixByteCount(nameByteCount: Int) -> Int {
        beforeName.utf8CodeUnitCount + nameByteCount + afterName.utf8CodeUnitCount
    }
}

extension FrameStore {
    /// The frame of an event, with one reference.
    ///
    /// The prefix is everything up to the digits of `seq`, as the channel keeps it ready; the
    /// payload is one JSON value, checked by the caller.
    mutating func makeEvent(
        prefix: RawSpan, payload: RawSpan, sequence: UInt64, previousSequence: UInt64, era: UInt32
    ) -> UInt32 {
        let untilValue =
            prefix.byteCount &+ sequence.decimalDigitCount
            &+ EventFrame.beforeData.utf8CodeUnitCount
        let header = ServerFrameHeader(
            payloadByteCount: untilValue &+ payload.byteCount
                &+ EventFrame.end.utf8CodeUnitCount)
        let headerByteCount = header.byteCount
        var record = FrameRecord()
        record.kind = .event
        record.headerByteCount = UInt8(truncatingIfNeeded: headerByteCount)
        record.byteCount = UInt32(headerByteCount &+ header.payloadByteCount)
        record.sequenceOffset = UInt32(headerByteCount &+ prefix.byteCount)
        record.valueOffset = UInt32(headerByteCount &+ untilValue)
        record.era = era
        record.sequence = sequence
        record.previousSequence = previousSequence
        let frame = make(record)
        var writer = allocatePlainBytes(of: frame)
        header.write(to: &writer)
        writer.write(prefix)
        writer.write(decimal: sequence)
        writer.write(EventFrame.beforeData)
        writer.write(payload)
        writer.write(EventFrame.end)
        return frame
    }

    /// The frame that stands in a subscriber's queue for `newer` and for everything that `older`
    /// stood for; the reference to `older` passes to the result, `newer` is retained.
    ///
    /// - Parameters:
    ///   - newer: the frame that is sent instead or next.
    ///   - older: the frame that will not be sent.
    ///   - merged: whether `older` counts as merged, else as dropped.
    /// - Returns: a frame with one reference, whose bytes are written when they are needed.
    mutating func annotate(newer: UInt32, skipping older: UInt32, merged: Bool) -> UInt32 {
        let skipped = frames[older]
        let next = frames[newer]
        var record = FrameRecord()
        record.kind = .annotated
        record.era = next.era
        record.sequence = next.sequence
        record.previousSequence = skipped.previousSequence
        // A plain event has no counts, so both cases read the same.
        record.mergedCount = skipped.mergedCount &+ next.mergedCount &+ (merged ? 1 : 0)
        record.droppedCount = skipped.droppedCount &+ next.droppedCount &+ (merged ? 0 : 1)
        record.source = next.kind == .annotated ? next.source : newer
        measureAnnotatedEvent(&record)
        retain(record.source)
        let frame = make(record)
        release(older)
        return frame
    }

    /// Works out the lengths of an annotated event, whose bytes are written when it is sent.
    private func measureAnnotatedEvent(_ record: inout FrameRecord) {
        let source = frames[record.source]
        let prefixByteCount = Int(source.sequenceOffset) - Int(source.headerByteCount)
        let valueAndEndByteCount = Int(source.byteCount) - Int(source.valueOffset)
        let annotation = EventAnnotation(record)
        let header = ServerFrameHeader(
            payloadByteCount: prefixByteCount + annotation.byteCount + valueAndEndByteCount)
        record.headerByteCount = UInt8(truncatingIfNeeded: header.byteCount)
        record.byteCount = UInt32(header.byteCount + header.payloadByteCount)
    }

    /// Writes the plain bytes of an annotated event.
    mutating func writeAnnotatedEvent(_ frame: UInt32) {
        let record = frames[frame]
        let source = frames[record.source]
        let header = ServerFrameHeader(
            payloadByteCount: Int(record.byteCount) - Int(record.headerByteCount))
        var writer = allocatePlainBytes(of: frame)
        header.write(to: &writer)
        // Safety: the source is an event that this frame keeps alive; its plain bytes exist since
        // it was published, and the offsets were set when they were written.
        guard let base = unsafe row(record.source, 0).pointee.base else {
            preconditionFailure("a published event has plain bytes")
        }
        let bytes = unsafe UnsafeRawBufferPointer(start: base, count: Int(source.byteCount)).bytes
        let prefix = Int(source.headerByteCount)..<Int(source.sequenceOffset)
        writer.write(bytes.extracting(prefix))
        EventAnnotation(record).write(to: &writer)
        writer.write(bytes.extracting(Int(source.valueOffset)..<Int(source.byteCount)))
    }
}

/// The part of an annotated event between the prefix and the value.
private struct EventAnnotation {
    let record: FrameRecord

    init(_ record: FrameRecord) {
        self.record = record
    }

    var byteCount: Int {
        var count = record.sequence.decimalDigitCount
        count += EventFrame.beforePrevious.utf8CodeUnitCount
        count += record.previousSequence.decimalDigitCount
        if record.mergedCount > 0 {
            count += EventFrame.beforeMerged.utf8CodeUnitCount
            count += UInt64(record.mergedCount).decimalDigitCount
        }
        if record.droppedCount > 0 {
            count += EventFrame.beforeDropped.utf8CodeUnitCount
            count += UInt64(record.droppedCount).decimalDigitCount
        }
        return count + EventFrame.beforeData.utf8CodeUnitCount
    }

    func write(to writer: inout FrameWriter) {
        writer.write(decimal: record.sequence)
        writer.write(EventFrame.beforePrevious)
        writer.write(decimal: record.previousSequence)
        if record.mergedCount > 0 {
            writer.write(EventFrame.beforeMerged)
            writer.write(decimal: UInt64(record.mergedCount))
        }
        if record.droppedCount > 0 {
            writer.write(EventFrame.beforeDropped)
            writer.write(decimal: UInt64(record.droppedCount))
        }
        writer.write(EventFrame.beforeData)
    }
}
