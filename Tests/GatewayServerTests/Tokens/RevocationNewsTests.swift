import RedisProtocol
import Security
import Testing

@testable import GatewayServer

@Suite("An answer with revocations") struct RevocationNewsTests {
    private func reply(_ texts: [String]) -> RESPValue {
        .array(texts.map { .bulk(Array($0.utf8)) })
    }

    private let user = "b0000000-0000-4000-8000-000000000002"

    @Test func `is taken apart by kind`() throws {
        let news = try RevocationNews(
            reply([
                "OK", "9", "token:a:b", "3", "0", "100", "user:\(user)", "5", "2000", "100",
                "everyone", "6", "1000", "100", "disconnect:\(user)", "8", "50", "60",
                "planet:x", "9", "0", "1", "user:nobody", "9", "0", "1",
            ])
        ).orThrow("news")
        #expect(news.newest == 9)
        #expect(news.last == 9)
        #expect(news.entryCount == 6)
        #expect(news.unknownCount == 2)
        #expect(news.disconnected.map(\.sequence) == [8])
        let subject = try SubjectID(user).orThrow("a UUID")
        func isRevoked(_ id: String, _ issuedAt: Int64) -> Bool {
            news.list.isRevoked(
                subject: subject,
                mark: TokenMark(
                    of: VerifiedToken(
                        subject: subject, role: .user, issuer: "i",
                        issuedAtMilliseconds: issuedAt, expiresAtMilliseconds: 0, tokenID: id,
                        keyID: nil)))
        }
        #expect(isRevoked("a:b", 5000))
        #expect(isRevoked("c", 1000))
        #expect(!isRevoked("c", 2000))
    }

    @Test(
        "of another form is none",
        arguments: [
            [], ["OK"], ["OK", "x"], ["REFUSED", "1"], ["OK", "1", "everyone"],
            ["OK", "1", "everyone", "1", "2"], ["OK", "1", "everyone", "x", "1", "2"],
            ["OK", "1", "everyone", "1", "x", "2"], ["OK", "1", "everyone", "1", "2", "x"],
        ])
    func malformed(texts: [String]) {
        #expect(RevocationNews(reply(texts)) == nil)
    }

    @Test func `without entries says that nothing is new`() throws {
        let news = try RevocationNews(reply(["OK", "0"])).orThrow("news")
        #expect(news.newest == 0 && news.last == nil && news.entryCount == 0)
        #expect(news.list.isEmpty && news.disconnected.isEmpty)
    }
}
