extension TokenMark {
    /// What is kept of a browser's sign-in, which is revoked with everything of its user.
    ///
    /// - Parameter time: when the browser signed in, milliseconds since the epoch.
    package init(signedInAtMilliseconds time: Int64) {
        self.init(tokenID: nil, issuedAtMilliseconds: time)
    }
}
