import AWSCore

extension AWSError {
    /// Whether it is not known who asks; not that who asks may not.
    var isAuthentication: Bool {
        Self.authenticationCodes.contains(code) || Self.authenticationCodes.contains(type)
    }

    private static let authenticationCodes: Set<Code> = [
        .noCredentials, "AuthFailure", "ExpiredToken", "ExpiredTokenException", "IncompleteSignature",
        "InvalidAccessKeyId", "InvalidClientTokenId", "InvalidSecurity", "InvalidSignatureException",
        "MissingAuthenticationToken", "MissingAuthenticationTokenException", "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    ]
}
