import Foundation
import Primitives
import Testing

@Suite("base64url and base64: RFC 4648 §3.5, §4, §5, §10; RFC 7515 §2")
struct Base64Tests {
    @Test(arguments: [
        ("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("fooba", "Zm9vYmE"),
        ("foobar", "Zm9vYmFy"),
    ])
    func `the examples of the RFC, without padding`(text: String, encoded: String) {
        #expect(Base64URL.encode(Array(text.utf8)) == Array(encoded.utf8))
        #expect(Base64URL.decode(Array(encoded.utf8)[...]) == Array(text.utf8))
    }

    @Test
    func `it agrees with Foundation at every length`() {
        for count in 0...200 {
            let bytes = SystemRandom.bytes(count)
            let standard = Data(bytes).base64EncodedString()
            let expected = standard.replacing("+", with: "-").replacing("/", with: "_").replacing(
                "=",
                with: ""
            )
            var output = Array("x".utf8)
            Base64URL.append(bytes, to: &output)
            #expect(output == Array("x\(expected)".utf8))
            #expect(Base64URL.decode(output[1...]) == bytes)
            #expect(Base64.decode(Array(standard.utf8)[...]) == bytes)
            #expect(Base64.decode(Array(standard.replacing("=", with: "").utf8)[...]) == bytes)
        }
    }

    // threats: JWT-09
    @Test(arguments: [
        "Zg==", "Zg=", "Zm8=", "Z", "Zm9vY", "+_Zm", "Z/Zm", "Zm9v\n", " Zm9v", "Zm 9", "Zm9v=", "=", "Zm\0v",
        "Zmé",
    ])
    func `any other alphabet, padding, white space or length is refused`(text: String) {
        #expect(Base64URL.decode(Array(text.utf8)[...]) == nil)
    }

    // threats: JWT-09
    @Test
    func `of all spellings of one and of two bytes, exactly one is accepted`() {
        let all = (UInt8.min...UInt8.max).map { $0 }
        for prefix in [Array("A".utf8), Array("AB".utf8)] {
            let accepted = all.filter { Base64URL.decode((prefix + [$0])[...]) != nil }
            #expect(accepted.count == (prefix.count == 1 ? 4 : 16))
            #expect(
                accepted.allSatisfy { last in
                    let text = prefix + [last]
                    return Base64URL.decode(text[...]).map(Base64URL.encode) == text
                }
            )
        }
    }

    @Test(arguments: [
        "Zg=", "Zg===", "=", "==", "====", "Zm9v=", "Zm9v====", "Zh==", "Zm9=", "Z===", "-_==", "Z g=",
        "Zg==",
    ])
    func `standard base64 takes the exact padding or none`(text: String) {
        #expect((Base64.decode(Array(text.utf8)[...]) == nil) == (text != "Zg=="))
    }
}

@Suite("Random bytes")
struct RandomTests {
    @Test
    func `bytes are as many as asked for, and not twice the same`() {
        #expect(SystemRandom.bytes(0).isEmpty && SystemRandom.bytes(-1).isEmpty)
        #expect(SystemRandom.bytes(33).count == 33)
        #expect(SystemRandom.bytes(32) != SystemRandom.bytes(32))
    }

    @Test
    func `a block appends its bytes as base64url`() {
        var block = RandomBlock()
        var identifiers: Set<[UInt8]> = []
        for _ in 0..<1000 {
            var output = Array("x".utf8)
            block.append(16, base64URLTo: &output)
            #expect(output.count == 23 && Base64URL.decode(output[1...])?.count == 16)
            identifiers.insert(output)
        }
        #expect(identifiers.count == 1000)
        var long: [UInt8] = []
        block.append(5000, base64URLTo: &long)
        block.append(0, base64URLTo: &long)
        #expect(Base64URL.decode(long[...])?.count == 5000)
    }
}
