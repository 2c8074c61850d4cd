package import Deriv
package import EventLoop
package import HTTPFetch
package import WebSocketProtocol

/// Signing in through Deriv.
package struct SignInConfiguration: Sendable {
    /// The application's registration and Deriv's endpoints.
    package var profile: OAuthProfile
    /// Where the browser goes when it is signed in, or not; a page of the frontend.
    package var afterSignInURL: HTTPURL
    /// Where the browser goes when a signed-in user has connected Deriv; nil for the same page.
    package var afterConnectURL: HTTPURL?
    /// Whose certificates Deriv's servers have.
    package var trust: TLSTrust
    /// The bounds of each request to Deriv.
    package var fetchLimits = HTTPFetchLimits()
    /// Whether endpoints may be `http://`: on loopback, for tests.
    package var allowsPlainHTTP = false
    /// The bounds of sign-ins.
    package var limits = SignInLimits()
    /// Deriv's socket, which knows tokens of the first generation; nil where there is none to ask.
    package var socket: SocketConfiguration?
    /// The stored users of a loop, in place of those of the node's database.
    package var makeDirectory: (@Sendable (EventLoop) -> any SignInDirectory)?

    /// A configuration from what has no default.
    package init(profile: OAuthProfile, afterSignInURL: HTTPURL, trust: TLSTrust) {
        self.profile = profile
        self.afterSignInURL = afterSignInURL
        self.trust = trust
        fetchLimits.totalDuration = .seconds(10)
    }

    /// Whether browsers keep cookies for encrypted links only; what they come back to says so.
    var hasSecureCookies: Bool { profile.redirectURL.usesTLS }
}

/// The bounds of sign-ins; each default with its reason.
package struct SignInLimits: Sendable, Equatable {
    /// From the first redirect to the callback, in seconds. Default 600: time to find a second
    /// factor.
    package var signInSeconds = 600

    /// How long a browser's session lasts without being used, in seconds. Default 12 hours: over
    /// night a user signs in again, within a working day never.
    package var sessionIdleSeconds = 43_200

    /// How long a browser's session lasts at most, in seconds. Default 7 days.
    package var sessionSeconds = 604_800

    /// Requests of one address in a minute in the long run, per loop; 0 for no bound. Default 60:
    /// an office behind one address signs in, a script that guesses does not get far.
    package var requestsPerMinutePerAddress = 60

    /// Requests of one address that may come at once, per loop. Default 20.
    package var requestBurstPerAddress = 20

    /// Addresses whose requests are counted, per loop. Default 4096; beyond it the newcomers
    /// share one count.
    package var addressCountMax = 4096

    /// Requests under way at the same time, per loop. Default 64.
    package var activeRequestCountMax = 64

    /// How many tokens of broker accounts one request may bring. Default 25, as Deriv's
    /// `authorize` takes.
    package var tokenCountMax = OAuthLimits.accountCountMax

    /// The default bounds.
    package init() {}
}
