import Testing

@testable import AWSCore

@Suite("credential_process")
struct CredentialsProcessTests {
    private let variables = ["PATH": "/usr/bin:/bin", "NAME": "value with 'quotes'"]

    @Test("A command's standard output, with the variables, and nothing on standard input")
    func runs() async throws {
        let output = try await ShellCommand.run("cat; printf %s \"$NAME\" | tr a-z A-Z", variables: variables)
        #expect(String(decoding: output, as: UTF8.self) == "VALUE WITH 'QUOTES'")
    }

    @Test(
        "A command that fails is an error that tells its status and nothing it printed",
        arguments: [
            ("echo hunter2; exit 3", "ended with status 3"), ("echo hunter2; kill -9 $$", "ended by signal 9"),
            ("no-such-program-hunter2", "ended with status 127"),
            ("head -c 70000 /dev/zero", "printed over 65536 bytes"),
            // A child that outlives the shell holds its output open.
            ("sleep 600 & sleep 600", "took too long"), ("exec sleep 600", "took too long"),
            // Its output ends long before it does.
            ("echo hunter2; exec >&-; sleep 600", "took too long"), ("exec >&-; exit 3", "ended with status 3"),
        ])
    func fails(command: String, reason: String) async {
        let error = await #expect(throws: CommandError.self) {
            try await ShellCommand.run(
                command, variables: variables, timeLimit: reason.hasPrefix("took") ? .milliseconds(50) : .seconds(30))
        }
        #expect(error?.reason.contains(reason) == true)
        #expect(error?.reason.contains("hunter2") == false)
    }

    @Test(
        "What it prints must be version 1 and whole",
        arguments: [
            (#"{"Version":1,"AccessKeyId":"AKIA","SecretAccessKey":"hunter2","SessionToken":"t"}"#, nil),
            (#"{"Version":2,"AccessKeyId":"AKIA","SecretAccessKey":"hunter2"}"#, "Version"),
            (#"{"Version":1,"AccessKeyId":"AKIA"}"#, "SecretAccessKey is missing"),
            ("hunter2", "invalid JSON"),
        ] as [(String, String?)])
    func parses(output: String, reason: String?) async throws {
        let source = ProcessCredentials(
            command: "get keys", name: "profile p", accountId: "1",
            surroundings: .scripted(["A": "b"]) { command, variables async throws(CommandError) in
                #expect(command == "get keys")
                #expect(variables == ["A": "b"])
                return Array(output.utf8)
            })
        do throws(CredentialsError) {
            let credentials = try await source.load()
            #expect(reason == nil)
            #expect(credentials.accessKeyId == "AKIA")
            #expect(credentials.sessionToken == "t")
            #expect(credentials.accountId == "1")
            #expect(credentials.expiration == nil)
        } catch {
            #expect(error.description.contains(reason ?? "no error"))
            #expect(!error.description.contains("hunter2"))
        }
    }
}
