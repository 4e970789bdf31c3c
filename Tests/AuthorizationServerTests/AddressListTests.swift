import AuthorizationServer
import Testing

@Suite("Allowed addresses: RFC 4632, RFC 4291 §2.3")
struct AddressListTests {
    private func address(_ text: String) throws -> IPAddress {
        try #require(IPAddress(parsing: Array(text.utf8)))
    }

    // threats: IPA-03
    @Test(arguments: [
        ("10.0.0.0/8", "::ffff:10.1.2.3", true),
        ("10.0.0.0/8", "::ffff:a01:203", true),
        ("10.0.0.0/8", "10.1.2.3", true),
        ("10.0.0.0/8", "::ffff:11.1.2.3", false),
        ("10.1.2.3", "::ffff:10.1.2.3", true),
        ("0.0.0.0/0", "::ffff:10.1.2.3", true),
        ("0.0.0.0/0", "::10.1.2.3", false),
        ("0.0.0.0/0", "2001:db8::1", false),
        ("::/0", "10.1.2.3", false),
        ("::/0", "::ffff:10.1.2.3", false),
        ("::/0", "2001:db8::1", true),
        ("::/64", "10.1.2.3", false),
        ("::/64", "::1", true),
    ])
    func `a mapped address is the IPv4 address`(rule: String, peer: String, allowed: Bool) throws {
        #expect(try AddressList(parsing: [rule]).allows(try address(peer)) == allowed)
    }

    // threats: IPA-04
    @Test(arguments: [
        "::ffff:10.0.0.0/8", "::ffff:10.0.0.0/104", "::ffff:0:0/96", "::ffff:10.0.0.1", "::ffff:a00:1/128",
    ])
    func `a mapped range is refused`(rule: String) {
        #expect(throws: AddressRange.Mistake.self) { try AddressRange(parsing: rule) }
    }

    // threats: IPA-05
    @Test(arguments: [
        "010.0.0.1", "0x0a.0.0.1", "10.1", "167772161", "１０.0.0.1", "10.0.0.1 ", " 10.0.0.1", "10.0.0.256",
        "1.2.3",
        "+1.2.3.4", "1.2.3.4.5", "1..2.3", "", ".", "1.2.3.", "-1.2.3.4", "1.2.3.4\n", "10.0.0.1\u{0}",
        "a.b.c.d",
        "00.0.0.0", "localhost", "*", "10.0.0.*", "10.0.0.1-10.0.0.9",
    ])
    func `other programs' ways to write an IPv4 address are refused`(rule: String) {
        #expect(throws: AddressRange.Mistake.self) { try AddressRange(parsing: rule) }
        #expect(throws: AddressRange.Mistake.self) { try AddressRange(parsing: rule + "/8") }
    }

    // threats: IPA-06
    @Test(arguments: [
        "10.0.0.0/33", "2001:db8::/129", "10.0.0.0/-1", "10.0.0.0/08", "10.0.0.0/", "10.0.0.0/+8",
        "10.0.0.0/8/8",
        "/", "/8", "10.0.0.0/8 ", "10.0.0.0/255.0.0.0", "10.0.0.0/999999999999999999999", "10.0.0.1/8",
        "2001:db8::1/32", "0.0.0.1/0", "::1/0", "fe80::1%eth0", "fe80::%1/10", "[::1]:80", "[::1]",
        "1.2.3.4:80",
        "10.0.0.0/８", ":::", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7::8", ":1::",
        "1:",
        "12345::", "g::", "::1.2.3", "1.2.3.4::", "::1.2.3.4:5",
    ])
    func `a range that others could read as a wider one is refused`(rule: String) {
        #expect(throws: AddressRange.Mistake.self) { try AddressRange(parsing: rule) }
    }

    // threats: IPA-06
    @Test(arguments: [
        ("0.0.0.0/0", 96), ("::/0", 0), ("10.0.0.0/8", 104), ("2001:db8::/32", 32), ("1.2.3.4", 128),
    ])
    func `a range that says what it means is accepted, the widest too`(rule: String, length: Int) throws {
        #expect(try AddressRange(parsing: rule).prefixLength == length)
    }

    // threats: IPA-07
    @Test
    func `an empty list allows nobody`() throws {
        let none = try AddressList(parsing: [])
        for peer in ["127.0.0.1", "::1", "0.0.0.0", "::", "2001:db8::1"] {
            #expect(!none.allows(try address(peer)))
        }
    }

    // threats: IPA-08
    @Test
    func `a peer without an address is refused wherever there is a list`() throws {
        #expect(!(try AddressList(parsing: ["0.0.0.0/0", "::/0"]).allows(nil)))
    }

    @Test
    func `one bad entry makes the whole list bad`() {
        #expect(throws: AddressRange.Mistake.self) { try AddressList(parsing: ["10.0.0.0/8", "10.1"]) }
    }
}
