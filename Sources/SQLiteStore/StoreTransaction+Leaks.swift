import Administration
import GRDB
import Primitives

extension StoreTransaction {
    package func leakedKey(_ digest: SHA256Digest) throws -> KeyRecord? {
        try first(
            "SELECT \(Self.keyColumns) FROM apiKey k \(Self.keyJoins) WHERE k.number = \(Self.numberByDigest)",
            [digest.stored],
            keyRecord(_:)
        )
    }
}
