import Logging

/// swift-log's way to the sink: one event, one line.
struct LineLogHandler: LogHandler {
    private let sink: LogSink
    private var floor = Logger.Level.trace
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?

    init(sink: LogSink) { self.sink = sink }

    /// Setting it sets a floor: the sink's level, which may change at any time, holds wherever it is higher.
    var logLevel: Logger.Level {
        get { max(sink.level, floor) }
        set { floor = newValue }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var all = metadata
        if let provided = metadataProvider?.get() { all.merge(provided) { $1 } }
        if let error = event.error { all["error"] = .string(String(describing: error)) }
        if let own = event.metadata { all.merge(own) { $1 } }
        let sorted = all.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        let line = LogLine(
            level: event.level,
            message: event.message.description,
            metadata: sorted,
            time: LogTime.now()
        )
        sink.writer.write(line.bytes(sink.format, isColoured: sink.isColoured))
    }
}
