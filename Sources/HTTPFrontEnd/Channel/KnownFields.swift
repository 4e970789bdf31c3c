package import NIOHTTP1
import Primitives

/// The header fields that every request is judged by, found in one pass over all that it has.
package struct KnownFields: Sendable {
    /// The values of one field, in the order sent; one value, as most have it, takes no array.
    package enum Values: Sendable {
        case none
        case one(String)
        case several([String])

        package var count: Int {
            switch self {
            case .none: 0
            case .one: 1
            case .several(let values): values.count
            }
        }

        package var first: String? {
            switch self {
            case .none: nil
            case .one(let value): value
            case .several(let values): values.first
            }
        }

        package var all: [String] {
            switch self {
            case .none: []
            case .one(let value): [value]
            case .several(let values): values
            }
        }

        package var isEmpty: Bool { if case .none = self { true } else { false } }

        fileprivate mutating func append(_ value: String) {
            if case .none = self { self = .one(value) } else { self = .several(all + [value]) }
        }
    }

    package private(set) var host = Values.none
    package private(set) var contentLength = Values.none
    package private(set) var transferEncoding = Values.none
    package private(set) var expect = Values.none
    package private(set) var upgrade = Values.none
    package private(set) var requestID = Values.none
    package private(set) var authorization = Values.none
    package private(set) var apiKey = Values.none
    package private(set) var contentType = Values.none
    package private(set) var contentEncoding = Values.none
    package private(set) var ifNoneMatch = Values.none

    package init(_ headers: HTTPHeaders) {
        for (name, value) in headers {
            // The length of a name leaves one or two that it can be.
            switch name.utf8.count {
            case 4 where isSpelling(name, of: "host"): host.append(value)
            case 6 where isSpelling(name, of: "expect"): expect.append(value)
            case 7 where isSpelling(name, of: "upgrade"): upgrade.append(value)
            case 9 where isSpelling(name, of: "x-api-key"): apiKey.append(value)
            case 12 where isSpelling(name, of: "content-type"): contentType.append(value)
            case 12 where isSpelling(name, of: "x-request-id"): requestID.append(value)
            case 13 where isSpelling(name, of: "authorization"): authorization.append(value)
            case 13 where isSpelling(name, of: "if-none-match"): ifNoneMatch.append(value)
            case 14 where isSpelling(name, of: "content-length"): contentLength.append(value)
            case 16 where isSpelling(name, of: "content-encoding"): contentEncoding.append(value)
            case 17 where isSpelling(name, of: "transfer-encoding"): transferEncoding.append(value)
            default: continue
            }
        }
    }
}
