public import AWSCore

/// The message on the queue, the one type that crosses it: its constants, said once for the side that writes it
/// (``EnvelopeWriter``, in the catcher) and the side that reads it (``MessageProcessor``, in the worker).
///
///     {"v":1,"id":"<UUIDv7>","beacons":[
///       {"at":1760000000200,"project":"acme","ip":"203.0.113.0","ua":"…","origin":"…","gpc":true,"body":{…}}, …]}
public enum Envelope {
    /// The version that this code writes and reads.
    public static let version = 1
    /// Beacons that one request may carry.
    public static let maxBeaconsPerRequest = 500
    /// Events that one beacon may carry.
    public static let maxEventsPerBeacon = 500
    /// Bytes of a `User-Agent` that an entry keeps.
    public static let userAgentLimit = ByteCount.bytes(512)
    /// Bytes of an `Origin` that an entry keeps.
    public static let originLimit = ByteCount.bytes(256)
    /// How deep a request's body may nest.
    ///
    /// A body sits three levels deep in its message; this is so much lower than ``messageDepth`` that a message
    /// that was accepted can always be read.
    public static let bodyDepth = 500
    /// How deep a message may nest before it counts as unreadable.
    public static let messageDepth = 1024
}
