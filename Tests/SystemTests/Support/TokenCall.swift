import Foundation

/// One request to the token endpoint, made from its parts; each part can be wrong.
struct TokenCall {
    /// Names and values before they are encoded.
    var parameters: [(String, String)] = [("grant_type", "client_credentials")]
    var headers: [String] = []
    var contentType: String? = "application/x-www-form-urlencoded"
    var path = "/oauth2/token"
    /// In place of the parameters.
    var body: [UInt8]?

    init() {}

    /// With HTTP Basic and no user name.
    init(key: String, _ parameters: [(String, String)] = []) {
        self.parameters += parameters
        headers = [Self.basic("", key)]
    }

    init(body: String, key: String? = nil) {
        self.body = Array(body.utf8)
        headers = key.map { [Self.basic("", $0)] } ?? []
    }

    static let exchange = "urn:ietf:params:oauth:grant-type:token-exchange"
    static let apiKeyType = "urn:tokenbooth:token-type:api-key"

    /// RFC 8693 with the API key as subject token.
    init(exchanging key: String, _ parameters: [(String, String)] = []) {
        self.parameters =
            [("grant_type", Self.exchange), ("subject_token", key), ("subject_token_type", Self.apiKeyType)]
            + parameters
    }

    /// RFC 6749 §6, authenticated with HTTP Basic.
    init(refreshing token: String, key: String, _ parameters: [(String, String)] = []) {
        self.parameters = [("grant_type", "refresh_token"), ("refresh_token", token)] + parameters
        headers = [Self.basic("", key)]
    }

    static func basic(_ user: String, _ password: String) -> String {
        "Authorization: Basic " + Data("\(user):\(password)".utf8).base64EncodedString()
    }

    static func form(_ parameters: [(String, String)]) -> String {
        parameters.map { "\(encode($0.0))=\(encode($0.1))" }.joined(separator: "&")
    }

    private static func encode(_ text: String) -> String {
        text.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"), UInt8(ascii: "-"),
                UInt8(ascii: "."):
                String(UnicodeScalar(byte))
            default: String(format: "%%%02X", byte)
            }
        }.joined()
    }

    /// The whole request.
    var bytes: [UInt8] {
        let body = body ?? Array(Self.form(parameters).utf8)
        let type = contentType.map { ["Content-Type: \($0)"] } ?? []
        let head = Booth.head("POST", path, type + ["Content-Length: \(body.count)"] + headers)
        return Array((head + "\r\n").utf8) + body
    }
}

extension Booth {
    @discardableResult
    func token(_ call: TokenCall) throws -> HTTPResponse {
        let response = try send(call.bytes)
        if let token = response.json?["access_token"]?.string { canaries.add(accessToken: token) }
        return response
    }
}
