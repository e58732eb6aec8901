#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// The map tile of a place: the quadkey of Web Mercator, zoom 0 to 16.
struct Tile: Equatable {
    /// The zoom above 32 bits, the quadkey's digits in the bits below, two bits each, the last digit lowest.
    let code: UInt64

    /// Stands in a rollup for the tiles that are not listed.
    static let other = Tile(code: .max)

    private static let latitudeLimit = 85.05112878
    private static let zoomLimit = 16.0

    private init(code: UInt64) {
        self.code = code
    }

    /// - Parameters:
    ///   - longitude: In degrees; wrapped into −180…180, of which 180 is −180.
    ///   - latitude: In degrees, within ±90; clamped to ±85.05112878, where the map ends.
    ///   - zoom: The map's zoom; rounded down, clamped to 0…16.
    init(longitude: Double, latitude: Double, zoom: Double) {
        let level = UInt64(min(max(zoom.rounded(.down), 0), Self.zoomLimit))
        let size = Double(UInt64(1) << level)
        // The remainder is exact.
        var wrapped = longitude.truncatingRemainder(dividingBy: 360)
        if wrapped >= 180 { wrapped -= 360 }
        if wrapped < -180 { wrapped += 360 }
        let sine = sin(min(max(latitude, -Self.latitudeLimit), Self.latitudeLimit) * .pi / 180)
        let x = Self.index((wrapped + 180) / 360 * size, below: size)
        let y = Self.index((0.5 - log((1 + sine) / (1 - sine)) / (4 * .pi)) * size, below: size)
        code = level << 32 | Self.spread(x) | Self.spread(y) << 1
    }

    private static func index(_ position: Double, below size: Double) -> UInt64 {
        UInt64(min(max(position.rounded(.down), 0), size - 1))
    }

    /// Puts a zero before each of 16 bits.
    private static func spread(_ value: UInt64) -> UInt64 {
        var bits = value
        bits = (bits | bits << 8) & 0x00FF_00FF
        bits = (bits | bits << 4) & 0x0F0F_0F0F
        bits = (bits | bits << 2) & 0x3333_3333
        return (bits | bits << 1) & 0x5555_5555
    }

    /// Appends the quadkey; `-` at zoom 0, where it has no digits, and `other` for ``other``.
    func append(to buffer: inout OutputBuffer) {
        if self == Self.other { return buffer.append("other" as StaticString) }
        var level = code >> 32
        if level == 0 { return buffer.append(UInt8(ascii: "-")) }
        while level > 0 {
            level -= 1
            buffer.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: code >> (2 * level) & 3))
        }
    }
}
