import Primitives

/// What a client may still ask for under one policy, as the fields `RateLimit-Policy` and `RateLimit` say it
/// (draft-ietf-httpapi-ratelimit-headers-11 §3, §4).
package struct ServiceLimit: Sendable, Equatable {
    /// The policy's name, which needs no escaping in a structured field.
    package enum Policy: Sendable {
        case rate, quota

        fileprivate var name: StaticString {
            switch self {
            case .rate: "\"rate\""
            case .quota: "\"quota\""
            }
        }
    }

    package var policy: Policy
    /// `q`: requests that the policy allots.
    package var quota: Int64
    /// `w`, in seconds; `nil` for a month, whose length varies.
    package var window: Int64?
    /// `r`: what is left.
    package var remaining: Int64
    /// `t`: seconds within which no more than that can be used.
    package var reset: Int64

    package init(policy: Policy, quota: Int64, window: Int64?, remaining: Int64, reset: Int64) {
        self.policy = policy
        self.quota = quota
        self.window = window
        self.remaining = remaining
        self.reset = reset
    }

    /// Appends its item of the list `RateLimit-Policy`.
    package func appendPolicy(to text: inout [UInt8]) {
        text.append(ascii: policy.name)
        text.append(ascii: ";q=")
        JSONText.appendInteger(quota, to: &text)
        guard let window else { return }
        text.append(ascii: ";w=")
        JSONText.appendInteger(window, to: &text)
    }

    /// Appends its item of the list `RateLimit`.
    package func appendLimit(to text: inout [UInt8]) {
        text.append(ascii: policy.name)
        text.append(ascii: ";r=")
        JSONText.appendInteger(remaining, to: &text)
        text.append(ascii: ";t=")
        JSONText.appendInteger(reset, to: &text)
    }
}
