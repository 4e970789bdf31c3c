import OAuth
import Primitives
import Testing

@testable import AuthorizationServer

@Suite("Refresh token grant, scope and audience: RFC 6749 §6, RFC 8707 §2.2")
struct RefreshRightsTests {
    private typealias Sample = RefreshSample

    /// The same for a rotation and for its replay.
    private func verdicts(
        _ change: (inout RefreshFamily, inout Rotation) -> Void
    ) -> [RefreshTokenGrant.Verdict] {
        [5, 4].map { Sample.judge($0, change) }
    }

    // threats: REF-09, SCP-04
    @Test(
        arguments: [
            // Of the family, held now, asked, granted.
            ("read write", "read write", nil, "read write"),
            ("write read", "read write x", nil, "write read"),
            ("read write", "read", nil, "read"), ("read write", "", nil, ""), ("", "read", nil, ""),
            ("read write", "read write", "read", "read"),
            ("read write", "write read", "write read", "write read"),
            ("read", "read write", "write", nil), ("read", "read write", "read write", nil),
            ("read write", "read", "write", nil), ("read write", "read", "read", "read"),
            ("", "read", "read", nil),
        ] as [(String, String, String?, String?)]
    )
    func `the scope is the family's, cut to what is held, and never widened`(
        family: String,
        held: String,
        asked: String?,
        granted: String?
    ) throws {
        let scope = try asked.map { try Scope(parsing: Array($0.utf8)) }
        for verdict in verdicts({ row, rotation in
            row.scope = Sample.words(family)
            rotation.client = Sample.client {
                $0.scopes = Sample.words(held).map { String(decoding: $0, as: UTF8.self) }
            }
            rotation.scope = scope
        }) {
            if let granted {
                #expect(Sample.grant(verdict)?.scope == Sample.words(granted))
            } else {
                #expect(Sample.refusal(verdict)?.code == .invalidScope)
            }
        }
    }

    // threats: SCP-05
    @Test(
        arguments: [
            ("urn:a urn:b", "urn:a urn:b", "", "urn:a urn:b"), ("urn:b", "urn:a urn:b", "", "urn:b"),
            ("urn:a urn:b", "urn:b", "", "urn:b"), ("urn:a", "urn:b", "", nil), ("urn:a", "", "", nil),
            ("urn:a urn:b", "urn:a urn:b", "urn:b", "urn:b"), ("urn:a", "urn:a urn:b", "urn:b", nil),
            ("urn:a", "urn:a urn:b", "urn:a urn:b", nil), ("urn:a urn:b", "urn:a", "urn:b", nil),
            ("urn:\u{E9}", "urn:e\u{301}", "", nil),
            ("urn:e\u{301}", "urn:\u{E9} urn:e\u{301}", "", "urn:e\u{301}"),
        ] as [(String, String, String, String?)]
    )
    func `the audience stays within the family and what the key may address`(
        family: String,
        held: String,
        asked: String,
        granted: String?
    ) {
        for verdict in verdicts({ row, rotation in
            row.audiences = Sample.words(family).map { String(decoding: $0, as: UTF8.self) }
            rotation.client = Sample.client { record in
                record.audiences = Sample.words(held).map {
                    AudienceRecord(name: String(decoding: $0, as: UTF8.self))
                }
            }
            rotation.audiences = Sample.words(asked)
        }) {
            if let granted {
                #expect(Sample.grant(verdict)?.audiences.map { Array($0.name.utf8) } == Sample.words(granted))
            } else {
                #expect(Sample.refusal(verdict)?.code == .invalidTarget)
            }
        }
    }

    @Test
    func `audiences whose tokens have come to differ are asked for one at a time`() {
        for verdict in verdicts({ row, rotation in
            row.audiences = ["urn:a", "urn:b"]
            rotation.client = Sample.client {
                $0.audiences = [AudienceRecord(name: "urn:a"), AudienceRecord(name: "urn:b", type: "JWT")]
            }
        }) { #expect(Sample.refusal(verdict)?.code == .invalidTarget) }
    }

    // threats: REF-02
    @Test
    func `a spent token ends its family, whatever else it asks for`() throws {
        let scope = try Scope(parsing: Array("more".utf8))
        #expect(Sample.word(Sample.judge(3) { $1.scope = scope }) == "refresh_reuse")
        #expect(Sample.word(Sample.judge(3) { $1.audiences = [Array("urn:x".utf8)] }) == "refresh_reuse")
    }

    @Test
    func `a token ends with its family at the latest`() {
        let endpoint = TokenEndpoint(
            issuer: "https://auth.example",
            policy: TokenPolicy(),
            refreshPolicy: RefreshPolicy(),
            refreshSecret: Sample.secret
        )
        for (end, seconds) in [(1_000, 300), (300, 300), (299, 299), (1, 1)] as [(Int64, Int64)] {
            let grant = RefreshGrant(
                family: Sample.family().id,
                scope: [],
                audiences: [AudienceRecord(name: "urn:a")],
                status: Sample.status,
                expiresAt: Sample.now.advanced(by: end)
            )
            let authorized = endpoint.conclude(grant, for: Sample.client(), as: .refreshToken, at: Sample.now)
            #expect(authorized.expiresAt == Sample.now.advanced(by: seconds))
            #expect(authorized.status == Sample.status && authorized.shape.scope.isEmpty)
        }
    }
}
