import AWSCore

/// A map's name within keys.
///
/// Of the map id, 0x00–1F, 0x7F, `#`, `/` and `%` are percent-encoded. If that comes to over 200 bytes, its first 160
/// (at a character boundary; an escape is not cut either), `~`, and 32 hex digits of the SHA-256 of the id as it was
/// sent stand for it. `<project>/` comes before it, where the envelope has a project, encoded likewise: so no project
/// and no map can make the keys of another, whatever their characters.
enum MapID {
    /// The map of beacons that name none, or the empty string.
    static let unnamed: StaticString = "unknown"

    private static let limit = 200
    private static let kept = 160

    /// - Parameters:
    ///   - mapID: The beacon's `map_id`; `nil` and empty are `unknown`.
    ///   - project: The envelope's project; `nil` and empty are none.
    ///   - buffer: What to append to.
    static func append(
        _ mapID: UnsafeRawBufferPointer?, project: UnsafeRawBufferPointer?, to buffer: inout OutputBuffer
    ) {
        if let project, project.count > 0 {
            append(project, to: &buffer)
            buffer.append(UInt8(ascii: "/"))
        }
        if let mapID, mapID.count > 0 {
            append(mapID, to: &buffer)
        } else {
            buffer.append(unnamed)
        }
    }

    private static func append(_ name: UnsafeRawBufferPointer, to buffer: inout OutputBuffer) {
        let start = buffer.count
        // Where the longest prefix of whole characters within 160 bytes ends.
        var boundary = start
        for byte in name {
            if byte & 0xC0 != 0x80 && buffer.count - start <= kept { boundary = buffer.count }
            if byte < 0x20 || byte == 0x7F || byte == UInt8(ascii: "#") || byte == UInt8(ascii: "/")
                || byte == UInt8(ascii: "%")
            {
                buffer.append(UInt8(ascii: "%"))
                buffer.append(hexDigits.utf8Start[Int(byte >> 4)])
                buffer.append(hexDigits.utf8Start[Int(byte & 0x0F)])
            } else {
                buffer.append(byte)
            }
        }
        guard buffer.count - start > limit else { return }
        buffer.truncate(to: boundary)
        buffer.append(UInt8(ascii: "~"))
        buffer.append(String(Digest.sha256Hex(name).prefix(32)))
    }

    private static let hexDigits: StaticString = "0123456789ABCDEF"
}
