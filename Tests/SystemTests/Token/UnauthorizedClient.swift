import Primitives
import Testing

@Suite("Token endpoint, unauthorized_client: RFC 6749 §5.2", .serialized, .booth)
struct UnauthorizedClient {
    // threats: AUT-08
    @Test
    func `a key is held to its grant types`() throws {
        let booth = try Booth.current
        let credentials = try booth.makeKey("\"grant_types\":[\"client_credentials\"]").secret
        let exchange = try booth.makeKey("\"grant_types\":[\"\(TokenCall.exchange)\"]").secret
        let none = try booth.makeKey("\"grant_types\":[]").secret
        #expect(try booth.token(TokenCall(key: credentials)).status == 200)
        #expect(try booth.token(TokenCall(exchanging: exchange)).status == 200)
        let refused = [
            TokenCall(exchanging: credentials), TokenCall(key: exchange), TokenCall(key: none),
            TokenCall(exchanging: none),
        ]
        for call in refused {
            let response = try booth.token(call)
            #expect(response.status == 400 && response.error == "unauthorized_client", "\(response.text)")
        }
    }
}
