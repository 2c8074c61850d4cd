import JSONRPC

/// Texts of our own for the grammar of RFC 8259, by what must become of them.
enum JSONTexts {
    /// Every reader must accept these.
    static let valid: [String] = [
        "0", "-0", "1", "-1", "10", "120.5", "0.00000001", "1e5", "1E+5", "1e-5", "1.5e300",
        "-0.0", "9223372036854775807", "-9223372036854775808", "18446744073709551616",
        "true", "false", "null", "\"\"", "[]", "{}", " [ ] ", "\t\r\n{ }\n", "[[[[]]]]",
        "\"a\"", "\"a b\"", "\"\\\"\"", "\"\\\\\"", "\"\\/\"", "\"\\b\\f\\n\\r\\t\"",
        "\"\\u0000\"", "\"\\u00e9\"", "\"\\uD83D\\uDE00\"", "\"\\ud83d\\ude00\"", "\"\\uFFFF\"",
        "\"\u{7F}\"", "\"é\"", "\"€\"", "\"😀\"", "\"\u{10FFFF}\"", "\"\u{2028}\"", "\"\u{FEFF}\"",
        "\"12345678\"", "\"1234567\"", "\"123456789\"", "\"1234567\\n\"", "\"12345678é\"",
        "[1,2,3]", "[1 , 2\n,3]", "[null,true,false]", "[[],{}]", "[\"a\",[\"b\"]]",
        "{\"a\":1}", "{\"a\":1,\"b\":2}", "{ \"a\" : { \"b\" : [ ] } }", "{\"\":0}",
        "{\"a\":{\"a\":{\"a\":1}}}", "{\"\\u0061\":1}", "[{\"a\":1},{\"a\":2}]",
        "{\"quote\":\"12.50\",\"epoch_ms\":1700000000000}",
    ]

    /// No reader may accept these.
    static let invalid: [String] = [
        "", " ", "\n", "+1", "01", "-01", "00", "-", "--1", "1.", ".5", "-.5", "1.e5", "1e", "1e+",
        "1ee5", "1e5.5", "0x10", "1_000", "1 2", "NaN", "Infinity", "-Infinity", "1a", "1,",
        "tru", "true1", "True", "TRUE", "nul", "nulll", "fals", "falsey", "undefined", "t",
        "\"", "\"a", "a", "'a'", "\"\\\"", "\"\\", "\"\\x\"", "\"\\u\"", "\"\\u12\"",
        "\"\\u123g\"", "\"\\U0041\"", "\"\\a\"", "\"\\'\"", "\"\\ \"", "\"a\u{0}b\"",
        "\"\t\"", "\"\n\"", "\"1234567\u{1F}\"", "\"12345678\n\"",
        "[", "]", "[[", "[]]", "[1", "[1,", "[1,]", "[,1]", "[,]", "[1,,2]", "[1 2]", "[1:2]",
        "[\"a\"", "[1}", "[a]", "[\u{B}1]", "[\u{A0}1]", "[] []", "[]a", "[1]2",
        "{", "}", "{]", "{}}", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,", "{\"a\":1,}",
        "{,}", "{,\"a\":1}", "{\"a\" 1}", "{\"a\",1}", "{\"a\"::1}", "{\"a\":1,,\"b\":2}",
        "{\"a\":1 \"b\":2}", "{a:1}", "{'a':1}", "{1:1}", "{null:1}", "{[]:1}", "{\"a\"}",
        "{\"a\":1}x", "{\"a\":1]", "{\"a\":}", "{\"a\":tru}", "// c\n1", "1 // c", "/**/1",
        "[1/**/]",
        "\u{FEFF}1", "\u{FEFF}{}", "\u{0}", "1\u{0}",
    ]

    /// Escapes of half a surrogate pair: Unicode forbids them and so do we.
    static let loneSurrogates: [String] = [
        "\"\\uD800\"", "\"\\uDFFF\"", "\"\\uD800a\"", "\"\\uD800\\n\"", "\"\\uD800\\u0041\"",
        "\"\\uD800\\uD800\"", "\"\\uDC00\\uD800\"", "\"\\uDBFF\\uDBFF\\uDC00\"",
    ]

    /// What lies between the quotes of strings that are not UTF-8 (RFC 3629 §3 and §10).
    static let invalidUTF8: [[UInt8]] = [
        [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xC3], [0xC3, 0x28], [0xE0, 0x80, 0x80],
        [0xE0, 0x9F, 0xBF], [0xE2, 0x82], [0xE2, 0x28, 0xA1], [0xE2, 0x82, 0x28],
        [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF], [0xF0, 0x8F, 0xBF, 0xBF], [0xF0, 0x80, 0x80, 0x80],
        [0xF0, 0x9F, 0x98], [0xF0, 0x9F, 0x28, 0x80], [0xF0, 0x28, 0x8C, 0xBC],
        [0xF0, 0x9F, 0x98, 0x28], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80],
        [0xF8, 0x88, 0x80, 0x80, 0x80], [0xFE], [0xFF],
    ]

    /// Messages of the contract, on which truncation and damage are tried.
    static let golden: [String] = [
        """
        {"jsonrpc":"2.0","method":"event","params":{"channel":"ticks:R_100","seq":124,\
        "data":{"market":"R_100","quote":"1234.56","epoch_ms":1700000000000,"pip_size":2}}}
        """,
        """
        {"jsonrpc":"2.0","id":"a\\u00e9\\ud83d\\ude00-1","method":"subscribe","params":{"channels":\
        [{"channel":"ticks:R_100","policy":"merge","max_rate":10.5e0,"recover":null}]}}
        """,
        """
        [{"jsonrpc":"2.0","id":1,"result":{"name":"Größe €😀","ok":true,"no":false}},
         {"jsonrpc":"2.0","id":-2,"error":{"code":-32601,"message":"no \\"such\\" method"}}]
        """,
    ]
}

/// Whether the validator accepts `bytes`.
func validatorAccepts(_ bytes: [UInt8], limits: JSONLimits = .payload) -> Bool {
    // Safety: the array outlives the span, which is used in this scope only.
    JSONValidator.isValid(unsafe bytes.span.bytes, limits: limits)
}

/// What a tape throws for `bytes`, or `nil` when it reads them.
func tapeFault(_ bytes: [UInt8], limits: JSONLimits = .payload) -> JSONError? {
    var tape = JSONTape(limits: limits)
    do throws(JSONError) {
        // Safety: the array outlives the span, which is used in this scope only.
        try tape.read(unsafe bytes.span.bytes)
        return nil
    } catch {
        return error
    }
}

/// Reads `text` and hands its outermost value to `body`.
func withValue<Result>(
    of text: String, limits: JSONLimits = JSONLimits(),
    _ body: (JSONValue) throws -> Result
) throws -> Result {
    let bytes = Array(text.utf8)
    var tape = JSONTape(limits: limits)
    // Safety: the array outlives the span, which is used in this scope only.
    try tape.read(unsafe bytes.span.bytes)
    return try body(tape.root(in: unsafe bytes.span.bytes))
}

/// What `body` writes, as text.
func written(_ body: (inout JSONWriter) -> Void) -> String {
    var writer = JSONWriter(capacity: 1)
    body(&writer)
    return String(copying: writer.bytes)
}

extension JSONValue {
    /// The value as it stands in its text.
    var rawText: String { String(copying: rawBytes) }
}
