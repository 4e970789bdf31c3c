// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "tokenbooth",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "tokenbooth", targets: ["tokenbooth"]),
        // For resource servers in Swift: the only targets with a public interface.
        .library(name: "TokenVerifier", targets: ["TokenVerifier"]),
        .library(name: "HummingbirdTokenVerifier", targets: ["HummingbirdTokenVerifier"]),
        .library(name: "TokenVerifierTesting", targets: ["TokenVerifierTesting"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(
            url: "https://github.com/apple/swift-configuration",
            from: "1.4.0",
            traits: ["YAML"]
        ),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0", traits: []),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // System libraries: only the rooms named beside them see C pointers.
        .systemLibrary(name: "CLibcrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CLibJWT", pkgConfig: "libjwt", providers: [.apt(["libjwt-dev"])]),
        .systemLibrary(name: "CPrctl"),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),

        .target(name: "Primitives", dependencies: ["CLibcrypto", "CZlib"]),
        .target(name: "JOSE", dependencies: ["CLibcrypto", "Primitives"]),
        .target(name: "KeyWitness", dependencies: ["CLibJWT", "JOSE"]),
        .target(name: "OAuth", dependencies: ["Primitives"]),
        .target(name: "AdminAPI", dependencies: ["OAuth", "Primitives"]),
        .target(name: "AuthorizationServer", dependencies: ["OAuth", "JOSE", "Primitives"]),
        .target(
            name: "Administration",
            dependencies: ["AuthorizationServer", "AdminAPI", "OAuth", "Primitives"]
        ),
        .target(
            name: "SQLiteStore",
            dependencies: [
                "AuthorizationServer", "Administration", "AdminAPI", "OAuth", "Primitives",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
            ]
        ),
        .target(
            name: "HTTPFrontEnd",
            dependencies: [
                "AuthorizationServer", "Administration", "AdminAPI", "JOSE", "OAuth", "Primitives",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "Yams", package: "Yams"),
            ],
            resources: [.embedInCode("Resources/openapi.yaml")]
        ),
        .target(
            name: "AdminClient",
            dependencies: [
                "OAuth", "Primitives",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ]
        ),
        .target(name: "TokenVerifier", dependencies: ["OAuth", "JOSE", "Primitives"]),
        .target(
            name: "HummingbirdTokenVerifier",
            dependencies: [
                "TokenVerifier",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]
        ),
        .target(
            name: "TokenVerifierTesting",
            dependencies: ["TokenVerifier", "OAuth", "JOSE", "Primitives"]
        ),
        .executableTarget(
            name: "tokenbooth",
            dependencies: [
                "CPrctl", "Primitives", "JOSE", "KeyWitness", "OAuth", "AdminAPI", "AuthorizationServer",
                "Administration",
                "SQLiteStore", "HTTPFrontEnd", "AdminClient",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "Yams", package: "Yams"),
            ],
            linkerSettings: [
                // A static standard library exports 45 000 names and asks for 140 000 relocations, all of them read at
                // every start: 9 MB that stay in memory. Nobody looks the names up, and lld packs the relocations.
                .unsafeFlags(
                    [
                        "-use-ld=lld", "-Xlinker", "--no-export-dynamic",
                        "-Xlinker", "-z", "-Xlinker", "pack-relative-relocs",
                    ],
                    .when(platforms: [.linux], configuration: .release)
                )
            ]
        ),
        .executableTarget(
            name: "TokenPathProbe",
            dependencies: ["AuthorizationServer", "JOSE", "OAuth", "Primitives"]
        ),

        // What tests share; no part of the product.
        .target(
            name: "TestSupport",
            dependencies: [
                "CLibcrypto", "AuthorizationServer", "Administration", "JOSE", "OAuth", "Primitives",
            ],
            path: "Tests/TestSupport"
        ),
        .executableTarget(
            name: "StoreProbe",
            dependencies: ["SQLiteStore", "AuthorizationServer", "Administration", "OAuth", "Primitives"],
            path: "Tests/StoreProbe"
        ),

        .testTarget(name: "PrimitivesTests", dependencies: ["Primitives"]),
        .testTarget(name: "JOSETests", dependencies: ["JOSE", "Primitives"]),
        .testTarget(name: "KeyWitnessTests", dependencies: ["KeyWitness", "JOSE", "Primitives"]),
        .testTarget(name: "OAuthTests", dependencies: ["OAuth", "Primitives"]),
        .testTarget(name: "AdminAPITests", dependencies: ["AdminAPI", "OAuth", "Primitives"]),
        .testTarget(
            name: "AuthorizationServerTests",
            dependencies: ["AuthorizationServer", "JOSE", "OAuth", "Primitives"]
        ),
        .testTarget(
            name: "AdministrationTests",
            dependencies: [
                "SQLiteStore", "AuthorizationServer", "Administration", "AdminAPI", "OAuth", "Primitives",
            ]
        ),
        .testTarget(
            name: "SQLiteStoreTests",
            dependencies: [
                "SQLiteStore", "TestSupport", "StoreProbe", "AuthorizationServer", "Administration",
                "AdminAPI", "OAuth",
                "Primitives",
                .product(name: "GRDB", package: "GRDB.swift"),
            ]
        ),
        .testTarget(
            name: "HTTPFrontEndTests",
            dependencies: [
                "SQLiteStore", "HTTPFrontEnd", "AuthorizationServer", "Administration", "AdminAPI", "JOSE",
                "OAuth", "Primitives",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "Yams", package: "Yams"),
            ]
        ),
        .testTarget(
            name: "TokenVerifierTests",
            dependencies: [
                "TokenVerifier", "TokenVerifierTesting", "TestSupport", "OAuth", "JOSE", "Primitives",
            ]
        ),
        .testTarget(
            name: "HummingbirdTokenVerifierTests",
            dependencies: [
                "HummingbirdTokenVerifier", "TokenVerifier", "TokenVerifierTesting",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdTesting", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "NIOCore", package: "swift-nio"),
            ]
        ),
        .testTarget(
            name: "tokenboothTests",
            dependencies: [
                "tokenbooth", "AdminAPI", "AdminClient", "Administration", "AuthorizationServer",
                "HTTPFrontEnd",
                "JOSE", "OAuth", "Primitives", "SQLiteStore", "TestSupport",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "Logging", package: "swift-log"),
            ]
        ),
        .testTarget(
            name: "SystemTests",
            dependencies: [
                "tokenbooth", "Administration", "HTTPFrontEnd", "HummingbirdTokenVerifier", "JOSE", "OAuth",
                "Primitives", "TestSupport", "TokenVerifier",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdTesting", package: "hummingbird"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ]
        ),
    ]
)

for target in package.targets where target.type != .system {
    target.swiftSettings = [
        .swiftLanguageMode(.v6),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
        .strictMemorySafety(),
        .treatAllWarnings(as: .error),
    ]
    // Where NIO's C modules meet the system's, the compiler takes `struct stat` for the one's or the other's, as it
    // happens to load them, and would ask for an import of either.
    guard !["tokenbooth", "tokenboothTests", "SystemTests"].contains(target.name) else { continue }
    target.swiftSettings?.append(.enableUpcomingFeature("MemberImportVisibility"))
}
