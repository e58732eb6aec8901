/// What is known of an entry, for all of its events.
struct BeaconFacts {
    /// When it arrived, in milliseconds since 1970.
    var received: Int64 = 0
    var project: UnsafeRawBufferPointer?
    /// Whether `Sec-GPC` came: no session and no view is stored then.
    var isPrivate = false
    var sentAt: Double?
    var session: UnsafeRawBufferPointer?
    var mapID: UnsafeRawBufferPointer?
    /// The number of its map, once all members are read.
    var map = 0
}

/// What is known of an event beside the attributes that are written already.
struct EventFacts {
    var name: UnsafeRawBufferPointer?
    var id: UnsafeRawBufferPointer?
    var ts: Double?
    var zoom: Double?
    var longitude: Double?
    var latitude: Double?
}
