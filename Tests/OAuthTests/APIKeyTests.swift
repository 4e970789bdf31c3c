import OAuth
import Primitives
import Testing

@Suite("API keys: form and checksum")
struct APIKeyTests {
    @Test(arguments: [
        "tbk_0123456789ABCDEFGHIJabcdefghij3pQYh7", "tbk_0000000000000000000000000000001Wgklh",
    ])
    func `the documented examples are well-formed`(text: String) {
        #expect(APIKey(parsing: Array(text.utf8)) != nil)
    }

    @Test(arguments: [
        "tbk_0123456789ABCDEFGHIJabcdefghij3pQYh8", "tbk_0123456789ABCDEFGHIJabcdefghij3pQYh",
        "tbk_0123456789ABCDEFGHIJabcdefghij3pQYh77", "TBK_0123456789ABCDEFGHIJabcdefghij3pQYh7",
        "tbk_0123456789ABCDEFGHIJabcdefghi-3pQYh7", "tbk_0123456789ABCDEFGHIJabcdefghik3pQYh7", "",
    ])
    func `any other spelling is none`(text: String) {
        #expect(APIKey(parsing: Array(text.utf8)) == nil)
    }

    @Test
    func `nothing prints the secret`() {
        let key = APIKey.generate()
        let secret = String(decoding: key.secret, as: UTF8.self)
        var dumped = ""
        dump(key, to: &dumped)
        for text in ["\(key)", String(reflecting: key), dumped, "\([key])", "\(Optional(key) as Any)"] {
            #expect(!text.contains(secret))
        }
        #expect(key.hint.count == 13)
    }
}
