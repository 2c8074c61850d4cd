import Testing

@testable import Security

@Suite("A subject's UUID (RFC 9562 §4)")
struct SubjectIDTests {
    private func parse(_ text: String) -> SubjectID? {
        SubjectID(text)
    }

    @Test("is read in either case and written in lower case")
    func isRead() throws {
        let id = try #require(parse("f81d4fae-7DEC-11d0-a765-00A0c91e6bf6"))
        #expect(id.text == "f81d4fae-7dec-11d0-a765-00a0c91e6bf6")
        #expect(id.high == 0xf81d_4fae_7dec_11d0)
        #expect(id.low == 0xa765_00a0_c91e_6bf6)
        #expect(
            id.bytes == [
                0xf8, 0x1d, 0x4f, 0xae, 0x7d, 0xec, 0x11, 0xd0, 0xa7, 0x65, 0x00, 0xa0, 0xc9, 0x1e,
                0x6b, 0xf6,
            ])
    }

    @Test(
        "is refused in any other form",
        arguments: [
            "", "f81d4fae7dec11d0a76500a0c91e6bf6", "{f81d4fae-7dec-11d0-a765-00a0c91e6bf6}",
            "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "f81d4fae-7dec-11d0-a765-00a0c91e6bf",
            "f81d4fae-7dec-11d0-a765-00a0c91e6bf60", "f81d4fae-7dec-11d0-a765-00a0c91e6bfg",
            "f81d4fae_7dec_11d0_a765_00a0c91e6bf6", "f81d4fa-e7dec-11d0-a765-00a0c91e6bf6",
            "admin",
        ])
    func isRefused(text: String) {
        #expect(parse(text) == nil)
    }
}
