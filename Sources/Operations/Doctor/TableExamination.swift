import AWSCore

/// Looks at a table without changing anything in it.
struct TableExamination {
    let client: AWSClient
    let name: String
    let uses: Set<Doctor.TableUse>

    func findings() async -> [DoctorFinding] {
        let dynamoDB = DynamoDBClient(client)
        let subject = "table \(name)"
        var findings: [DoctorFinding] = []
        do {
            let table = try await dynamoDB.describeTable(name)
            let timeToLive = try? await dynamoDB.describeTimeToLive(table: name)
            findings.append(Self.settings(subject, table, timeToLive))
        } catch  where error.category == .refused && !error.isAuthentication {
            findings.append(
                DoctorFinding(
                    subject, .warning, "its settings cannot be read: \(error)", advice: "allow dynamodb:DescribeTable"))
        } catch {
            return [failure(subject, error, "dynamodb:DescribeTable")]
        }
        for use in Doctor.TableUse.allCases where uses.contains(use) {
            findings.append(await permission(use, dynamoDB))
        }
        return findings
    }

    private func permission(_ use: Doctor.TableUse, _ dynamoDB: DynamoDBClient) async -> DoctorFinding {
        do {
            switch use {
            case .batchWrite:
                // Deleting an item that does not exist succeeds and does nothing.
                _ = try await client.call("BatchWriteItem", body: Self.deletionOfNothing(name))
            case .query:
                var query = DynamoDBQuery(
                    table: name, keyCondition: "pk = :pk", values: [":pk": .string(Self.noPartition)])
                query.limit = 1
                _ = try await dynamoDB.query(query)
            }
            return DoctorFinding(use.rawValue, .good, "allowed")
        } catch {
            return failure(use.rawValue, error, use.rawValue)
        }
    }

    private func failure(_ subject: String, _ error: AWSError, _ permission: String) -> DoctorFinding {
        .failure(subject, error, missing: "create it with `worker setup`", permission: permission)
    }

    /// A table's settings that matter here.
    static func settings(
        _ subject: String, _ table: TableDescription, _ timeToLive: TimeToLiveDescription?
    ) -> DoctorFinding {
        let keys = table.keySchema.map { "\($0.name) (\(table.attributeTypes[$0.name] ?? "?"))" }
        let isKeyed = keys == ["pk (S)", "sk (S)"]
        let lives = timeToLive.map { timeToLive in
            let attribute = timeToLive.attributeName ?? "?"
            return switch timeToLive.status {
            case "ENABLED": "TTL on \(attribute)"
            case "ENABLING": "TTL on \(attribute) being turned on"
            default: "no TTL"
            }
        }
        let detail = [
            table.status, "key \(keys.joined(separator: ", "))", "billing \(table.billingMode)", lives ?? "TTL unknown",
        ].joined(separator: ", ")
        guard isKeyed else {
            return DoctorFinding(
                subject, .bad, detail,
                advice: "the key must be pk (S), sk (S): use another table, made by `worker setup`")
        }
        guard ["ACTIVE", "UPDATING"].contains(table.status) else {
            return DoctorFinding(subject, .bad, detail, advice: "wait until it is ACTIVE")
        }
        var warnings: [String] = []
        if let timeToLive, !timeToLive.isOn || timeToLive.attributeName != "ttl" {
            warnings.append("items do not expire: turn TTL on for the attribute ttl")
        }
        if table.billingMode != "PAY_PER_REQUEST" {
            warnings.append("capacity is provisioned: writes beyond it are throttled")
        }
        return DoctorFinding(
            subject, warnings.isEmpty ? .good : .warning, detail,
            advice: warnings.isEmpty ? nil : warnings.joined(separator: "; "))
    }

    /// No map has such a name, so that nothing is ever stored there.
    private static let noPartition = "doctor"

    private static func deletionOfNothing(_ table: String) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("RequestItems")
        writer.beginObject()
        writer.key(escaping: table)
        writer.beginArray()
        writer.beginObject()
        writer.key("DeleteRequest")
        writer.beginObject()
        writer.key("Key")
        AttributeValue.write(["pk": .string(noPartition), "sk": .string(noPartition)], to: &writer)
        writer.endObject()
        writer.endObject()
        writer.endArray()
        writer.endObject()
        writer.endObject()
        return writer.bytes
    }
}
