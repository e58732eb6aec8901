import AWSCore
import ArgumentParser
import Logging
import Operations
import Testing

@testable import Worker

@Suite("The way to AWS's services")
struct AWSServicesTests {
    private func environment(_ changes: [String: String]) -> [String: String] {
        [
            "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        ].merging(changes) { $1 }
    }

    @Test(
        "A region that nothing tells yet is waited for and shown, until the worker is to stop", .timeLimit(.minutes(1)))
    func regionless() async throws {
        let readiness = Readiness(starting: [])
        let access = try AWSServices.access(environment: environment([:]))
        let services = await AWSServices.reach(access, readiness: readiness, logger: Logger(label: "test")) {
            while readiness.failures["region"] == nil { await Task.yield() }
        }
        #expect(services == nil)
        #expect(readiness.failures["region"]?.contains("no region is set") == true)
    }

    @Test("A region that is set needs no waiting", .timeLimit(.minutes(1)))
    func region() async throws {
        let readiness = Readiness(starting: [])
        let access = try AWSServices.access(environment: environment(["AWS_REGION": "eu-central-1"]))
        let services = await AWSServices.reach(access, readiness: readiness, logger: Logger(label: "test")) {
            try? await Task.sleep(for: .seconds(600))
        }
        #expect(services != nil)
        #expect(readiness.isReady)
    }

    @Test("A command that needs its services now ends with 69 where no region is to be had")
    func unavailable() async throws {
        let access = try AWSServices.access(environment: environment([:]))
        let error = await #expect(throws: ConfigurationError.self) { try await AWSServices(access) }
        #expect(Failure.status(of: try #require(error)) == .unavailable)
    }

    @Test(
        "Wrong settings end the start", arguments: [["AWS_REGION": "no region"], ["AWS_ENDPOINT_URL_SQS": "nonsense"]])
    func wrong(settings: [String: String]) {
        let environment = environment(["AWS_REGION": "eu-central-1"].merging(settings) { $1 })
        #expect(throws: ValidationError.self) { try AWSServices.access(environment: environment) }
    }
}
