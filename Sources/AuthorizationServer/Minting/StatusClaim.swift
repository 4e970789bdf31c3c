import Primitives

/// Writes the claim `status` (draft-ietf-oauth-status-list §6.1) into tokens: a number between two fixed texts.
struct StatusClaim {
    private let issuer: String
    /// What follows the number, for the lists that were met last.
    private var endings: [StatusListID: [UInt8]] = [:]
    private static let capacity = 256

    init(issuer: String) { self.issuer = issuer }

    /// Appends the member, a comma before it.
    mutating func append(_ reference: StatusReference, to json: inout [UInt8]) {
        json.append(ascii: ",\"status\":{\"status_list\":{\"idx\":")
        JSONText.appendInteger(Int64(reference.index), to: &json)
        if let ending = endings[reference.list] {
            json += ending
        } else {
            let ending = Self.ending(reference.list.uri(issuer: issuer))
            if endings.count >= Self.capacity { endings.removeAll() }
            endings[reference.list] = ending
            json += ending
        }
    }

    private static func ending(_ uri: [UInt8]) -> [UInt8] {
        var json: [UInt8] = []
        json.append(ascii: ",\"uri\":")
        JSONText.appendString(String(decoding: uri, as: UTF8.self), to: &json)
        json.append(ascii: "}}")
        return json
    }
}
