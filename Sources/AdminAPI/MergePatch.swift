package import Primitives

extension JSONValue {
    /// This value changed by a merge patch: the procedure of RFC 7396 §2.
    ///
    /// - Parameter patch: Recursion is as deep as it nests; its parser bounds that.
    package func merged(with patch: JSONValue) -> JSONValue {
        guard case .object(let changes) = patch else { return patch }
        return .object((object ?? JSONObject()).merged(with: changes))
    }
}

extension JSONObject {
    /// These members changed by those of a merge patch: the procedure of RFC 7396 §2.
    ///
    /// Quadratic in the number of members, which the size of a request bounds.
    package func merged(with patch: JSONObject) -> JSONObject {
        var result = self
        for (name, change) in patch.members {
            if case .null = change {
                result[name] = nil
            } else {
                result[name] = (result[name] ?? .null).merged(with: change)
            }
        }
        return result
    }
}
