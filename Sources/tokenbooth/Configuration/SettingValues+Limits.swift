import AdminAPI
import AuthorizationServer
import OAuth

extension SettingValues {
    /// `100/60`, `100/1m`, or `none`.
    mutating func failureLimit() -> RateLimit? {
        let key = SettingKey.failedAuthentications
        guard let text = string(key) else { return FailureLimiter.standard }
        if text.utf8.elementsEqual("none".utf8) { return nil }
        guard let limit = RateLimit(parsing: text) else {
            return refuse(
                key,
                "is \(ConfigurationError.quoted(text)): write failures/time, such as 100/60 or 100/1m, or none"
            )
        }
        return limit
    }
}
