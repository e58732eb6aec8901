/// Which origins' pages may send beacons.
struct OriginPolicy: Sendable {
    private let listed: [[UInt8]]?

    /// - Parameter origins: The origins allowed, as browsers send them; `nil` allows any but `null`.
    init(_ origins: [String]?) {
        listed = origins?.map { Array($0.utf8) }
    }

    /// Whether an origin is allowed. The origin `null`, which any sandboxed page has, only where it is listed.
    func allows(_ origin: UnsafeRawBufferPointer) -> Bool {
        guard let listed else { return !ASCII.equals(origin, "null") }
        return listed.contains { $0.elementsEqual(origin) }
    }
}
