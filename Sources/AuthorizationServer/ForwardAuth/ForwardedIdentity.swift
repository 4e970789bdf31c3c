package import OAuth

/// Whom a request comes from, in words that can stand in header fields: a service behind the proxy believes them.
package struct ForwardedIdentity: Sendable {
    package let client: KeyID
    package let subject: [UInt8]
    package let scope: [[UInt8]]
    package let roles: [[UInt8]]
    package let groups: [[UInt8]]

    /// - Returns: `nil` when there is a name that could end a field or pass for two names. None that can be given
    ///   to a key is like that; leaving characters out would turn one name into another.
    init?(client: KeyID, subject: [UInt8], scope: [[UInt8]], roles: [[UInt8]], groups: [[UInt8]]) {
        let names = roles + groups
        guard ([subject] + scope + names).allSatisfy(Self.isVisible),
            !names.contains(where: { $0.contains(UInt8(ascii: ",")) })
        else { return nil }
        self.client = client
        self.subject = subject
        self.scope = scope
        self.roles = roles
        self.groups = groups
    }

    private static func isVisible(_ text: [UInt8]) -> Bool {
        !text.isEmpty && text.allSatisfy { (0x21...0x7E).contains($0) }
    }
}
