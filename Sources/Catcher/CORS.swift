/// Which origins' pages may send beacons.
struct OriginPolicy: Sendable {
    private let listed: Set<String>?

    /// - Parameter origins: The origins allowed, as browsers send them; `nil` allows any but `null`.
    init(_ origins: [String]?) {
        listed = origins.map(Set.init)
    }

    /// Whether an origin is allowed, as far as a list that may also be kept elsewhere goes: where this has none, any.
    func allowsWhereListed(_ origin: String) -> Bool {
        listed?.contains(origin) ?? true
    }

    /// Whether an origin is allowed. The origin `null`, which any sandboxed page has, only where it is listed.
    func allows(_ origin: String) -> Bool {
        listed?.contains(origin) ?? (origin != "null")
    }
}
