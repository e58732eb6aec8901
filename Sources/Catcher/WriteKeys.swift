import AWSCore

/// The write keys, with their projects and origins.
struct WriteKeys: Sendable {
    /// What a key stands for.
    struct Key: Sendable {
        /// Goes into the envelope.
        let project: String
        /// The origins whose pages may use it.
        let origins: OriginPolicy
    }

    private let keys: [String: Key]

    /// Reads the file of keys: `{"<key>":{"project":"acme","origins":["https://example.com"]}}`. Without `origins` a
    /// key is for any.
    ///
    /// - Parameter json: The file.
    /// - Throws: ``WriteKeysError``.
    init(json: [UInt8]) throws(WriteKeysError) {
        do {
            keys = try JSONParser(maxDepth: 16).parse(json) { root in
                guard root.kind == .object else { throw WriteKeysError("it is no JSON object") }
                var keys: [String: Key] = [:]
                for (name, value) in root.members {
                    let name = String(decoding: name, as: UTF8.self)
                    guard !name.isEmpty else { throw WriteKeysError("a key is empty") }
                    if keys[name] == nil { keys[name] = try Self.key(value, position: keys.count + 1) }
                }
                return keys
            }
        } catch let error as WriteKeysError {
            throw error
        } catch {
            throw WriteKeysError("it is not JSON")
        }
    }

    /// A key itself is a secret of sorts: errors tell its position in the file.
    private static func key(_ value: JSONValue, position: Int) throws -> Key {
        guard value.kind == .object, let project = value["project"]?.string, !project.isEmpty else {
            throw WriteKeysError("key \(position) has no project")
        }
        guard let listed = value["origins"], !listed.isNull else { return Key(project: project, origins: .init(nil)) }
        guard listed.kind == .array else { throw WriteKeysError("the origins of key \(position) are no array") }
        let origins = try listed.elements.map { origin in
            guard let text = origin.string else {
                throw WriteKeysError("an origin of key \(position) is no string")
            }
            guard let origin = Origin(setting: text) else {
                throw WriteKeysError(
                    "the origin '\(text)' of key \(position) never matches; accepted is \(Origin.accepted)")
            }
            return origin
        }
        return Key(project: project, origins: OriginPolicy(origins))
    }

    /// What a key stands for; `nil` if it is unknown.
    subscript(key: String) -> Key? { keys[key] }

    /// How many there are.
    var count: Int { keys.count }

    /// Whether some key allows an origin.
    func someAllows(_ origin: String) -> Bool {
        keys.values.contains { $0.origins.allows(origin) }
    }
}

/// What is wrong with a file of write keys.
struct WriteKeysError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
