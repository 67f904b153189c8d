#include "http/request_parser.h"

#include <gtest/gtest.h>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace switchboard::http {
namespace {

constexpr std::size_t kHeadBytesMax = 8192;

/// What came of a head, in one line: comparable over splits.
std::string describe(const Request& request, std::size_t taken) {
  std::string out = std::string(request.method) + " " + std::string(request.target) + " " +
                    std::to_string(request.version) + " taken=" + std::to_string(taken);
  for (const RequestField& field : request.fields) {
    out += "|" + std::string(field.name) + "=" + std::string(field.value);
  }
  return out;
}

/// Feeds the pieces until the head is done or refused. Every piece lives in memory of its own that is gone afterwards.
std::string outcome(const std::vector<std::string_view>& pieces, std::size_t head_bytes_max = kHeadBytesMax) {
  RequestParser parser(head_bytes_max);
  std::size_t taken = 0;
  for (std::string_view piece : pieces) {
    auto fed = parser.feed(std::string(piece));
    if (!fed) return std::to_string(fed.error().status) + " " + fed.error().message;
    taken += *fed;
    if (parser.done()) break;
    EXPECT_EQ(*fed, piece.size());
  }
  return parser.done() ? describe(parser.request(), taken) : "incomplete";
}

/// The outcome of the whole text, having checked that no split changes it.
std::string outcome_of_any_split(std::string_view text, std::size_t head_bytes_max = kHeadBytesMax) {
  const std::string whole = outcome({text}, head_bytes_max);
  std::vector<std::string_view> bytes;
  for (std::size_t i = 0; i < text.size(); ++i)
    bytes.push_back(text.substr(i, 1));
  EXPECT_EQ(outcome(bytes, head_bytes_max), whole) << "byte by byte";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    EXPECT_EQ(outcome({text.substr(0, cut), text.substr(cut)}, head_bytes_max), whole) << "cut at " << cut;
  }
  return whole;
}

int status_of(std::string_view text) {
  const std::string found = outcome_of_any_split(text);
  return std::isdigit(static_cast<unsigned char>(found[0])) ? std::stoi(found) : 0;
}

TEST(RequestParser, ReadsARequestInAnySplit) {
  EXPECT_EQ(outcome_of_any_split("GET /ws?x=1 HTTP/1.1\r\nHost: example.com\r\nUpgrade:websocket\r\nX-Empty:\r\n"
                                 "X-Space: \t a b \t\r\n\r\n"),
            "GET /ws?x=1 11 taken=90|Host=example.com|Upgrade=websocket|X-Empty=|X-Space=a b");
}

TEST(RequestParser, LeavesWhatFollowsTheHead) {
  const std::string head = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  RequestParser parser(kHeadBytesMax);
  EXPECT_EQ(parser.feed(head + "\x81\x80").value(), head.size());
  EXPECT_TRUE(parser.done());
}

TEST(RequestParser, SaysWhenAnythingHasCome) {
  RequestParser parser(kHeadBytesMax);
  EXPECT_FALSE(parser.started());
  EXPECT_EQ(parser.feed("").value(), 0u);
  EXPECT_FALSE(parser.started());
  EXPECT_EQ(parser.feed("G").value(), 1u);
  EXPECT_TRUE(parser.started());
  EXPECT_FALSE(parser.done());
}

TEST(RequestParser, TheRequestOutlivesItsParser) {
  Request kept;
  {
    RequestParser parser(kHeadBytesMax);
    ASSERT_TRUE(parser.feed("GET /a?b HTTP/1.1\r\nHost: h\r\n\r\n"));
    kept = parser.take_request();
  }
  EXPECT_EQ(kept.method, "GET");
  EXPECT_EQ(kept.path(), "/a");
  EXPECT_EQ(kept.value("host"), "h");
}

TEST(RequestParser, TakesAnyMethodToken) {
  EXPECT_EQ(outcome_of_any_split("BREW /pot HTTP/1.1\r\nHost: a\r\n\r\n"), "BREW /pot 11 taken=31|Host=a");
}

TEST(RequestParser, TakesALaterMinorVersionForItsOwn) {
  EXPECT_EQ(outcome_of_any_split("GET / HTTP/1.2\r\nHost: a\r\n\r\n"), "GET / 11 taken=27|Host=a");
  EXPECT_EQ(outcome_of_any_split("GET / HTTP/1.9\r\nHost: a\r\n\r\n"), "GET / 11 taken=27|Host=a");
}

TEST(RequestParser, SkipsEmptyLinesBeforeTheRequestLine) {
  EXPECT_EQ(outcome_of_any_split("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"), "GET / 11 taken=29|Host=a");
  EXPECT_EQ(outcome_of_any_split("\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"), "GET / 11 taken=31|Host=a");
  std::string nothing_else;
  for (int i = 0; i < 40'000; ++i)
    nothing_else += "\r\n";
  EXPECT_EQ(status_of(nothing_else), 414) << "they count against the limit";
}

TEST(RequestParser, TakesListsOfNamesWithEmptyPlaces) {
  EXPECT_EQ(
      status_of("GET / HTTP/1.1\r\nHost: a\r\nConnection: ,close , keep-alive,\r\nUpgrade: h2c/1, websocket\r\n\r\n"),
      0);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: a\r\nConnection:\r\nUpgrade:\r\n\r\n"), 0);
}

TEST(RequestParser, TakesWhatBrowsersDoNotEncode) {
  EXPECT_EQ(outcome_of_any_split("GET /a|b[]^?{x}`\\ HTTP/1.1\r\nHost: a\r\n\r\n"),
            "GET /a|b[]^?{x}`\\ 11 taken=39|Host=a");
}

TEST(RequestParser, TakesHttp10WithoutHost) {
  EXPECT_EQ(outcome_of_any_split("GET / HTTP/1.0\r\n\r\n"), "GET / 10 taken=18");
}

TEST(RequestParser, TakesAContentLengthOfZero) {
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"), 0);
}

TEST(RequestParser, TakesAWholeUriAsTarget) {
  const auto parsed = [](std::string_view target) {
    RequestParser parser(kHeadBytesMax);
    EXPECT_TRUE(parser.feed("GET " + std::string(target) + " HTTP/1.1\r\nHost: field\r\n\r\n")) << target;
    const Request& request = parser.request();
    return std::string(request.host) + " " + std::string(request.path()) + " " + std::string(request.target);
  };
  EXPECT_EQ(parsed("/ws?x=/1"), "field /ws /ws?x=/1");
  EXPECT_EQ(parsed("http://uri/ws?x=/1"), "uri /ws /ws?x=/1");
  EXPECT_EQ(parsed("HTTPS://[::1]:443/"), "[::1]:443 / /");
  EXPECT_EQ(parsed("http://uri:80"), "uri:80 / ");
  EXPECT_EQ(parsed("http://uri?x"), "uri / ?x");
}

TEST(RequestParser, AHeadIsHeldToItsLimit) {
  const std::string head = "GET / HTTP/1.1\r\nHost: a\r\nX-Filler: 0123456789\r\n\r\n";
  EXPECT_EQ(outcome_of_any_split(head, head.size() + 1).substr(0, 5), "GET /");
  EXPECT_EQ(outcome_of_any_split(head, head.size()).substr(0, 5), "GET /");
  EXPECT_EQ(outcome_of_any_split(head, head.size() - 1).substr(0, 3), "431");
}

TEST(RequestParser, ARequestLineOverTheLimitIs414) {
  const std::string head = "GET /" + std::string(100, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n";
  EXPECT_EQ(outcome_of_any_split(head, 100).substr(0, 3), "414");
  const std::size_t line_bytes = head.find('\n') + 1;
  EXPECT_EQ(outcome_of_any_split(head, line_bytes - 1).substr(0, 3), "414");
  EXPECT_EQ(outcome_of_any_split(head, line_bytes).substr(0, 3), "431");
}

TEST(RequestParser, AHeadThatNeverEndsIsRefusedAtTheLimit) {
  RequestParser parser(100);
  ASSERT_TRUE(parser.feed("GET / HTTP/1.1\r\nX: "));
  EXPECT_EQ(parser.feed(std::string(1000, 'x')).error().status, 431);
}

TEST(RequestParser, ALargeHeadInSmallPiecesIsRead) {
  std::string head = "GET / HTTP/1.1\r\nHost: a\r\n";
  while (head.size() < 60'000)
    head += "X-Field: 0123456789012345678901234567890123456789\r\n";
  head += "\r\n";
  RequestParser parser(65'536);
  for (char c : head)
    ASSERT_TRUE(parser.feed({&c, 1}));
  ASSERT_TRUE(parser.done());
  EXPECT_EQ(parser.request().fields.size(), parser.request().count("x-field") + 1);
}

TEST(RequestParser, AMoveKeepsTheViews) {
  RequestParser parser(kHeadBytesMax);
  ASSERT_TRUE(parser.feed("GET / HT"));
  RequestParser moved = std::move(parser);
  ASSERT_TRUE(moved.feed("TP/1.1\r\nHost: a\r\n\r\n"));
  EXPECT_EQ(moved.request().target, "/");
}

struct Refusal {
  const char* name;
  std::string_view text;
  int status;
  std::string_view says;  // part of the message
};

using namespace std::string_view_literals;

const Refusal kRefusals[] = {
    {"ChunksInHttp10", "GET / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"sv, 400, "HTTP/1.0"},
    {"ChunksThatAreNotLast", "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, gzip\r\n\r\n"sv, 400,
     "Transfer-Enc"},
    {"ChunksTwiceInOneField", "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n"sv, 400,
     "Transfer-Enc"},
    {"AnotherCodingBeforeChunks", "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"sv, 501,
     "coding"},
    {"TransferEncodingEmpty", "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n\r\n"sv, 400, "Transfer-Enc"},
    {"TransferEncodingOther", "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n"sv, 400, "Transfer-Enc"},
    {"TransferEncodingDisguised", "GET / HTTP/1.1\r\nHost: a\r\ntransfer-encoding: xchunked\r\n\r\n"sv, 400,
     "Transfer-Enc"},
    {"TransferEncodingTwice",
     "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"sv, 400,
     "Transfer-Enc"},
    {"TransferEncodingAndLength",
     "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"sv, 400, "Transfer-Enc"},
    {"NoHost", "GET / HTTP/1.1\r\n\r\n"sv, 400, "Host"},
    {"HostWithASpace", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"sv, 400, "Host"},
    {"HostWithAPath", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"sv, 400, "Host"},
    {"HostWithAUser", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n"sv, 400, "Host"},
    {"TwoHosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"sv, 400, "Host"},
    {"TwoHostsInHttp10", "GET / HTTP/1.0\r\nHost: a\r\nhost: b\r\n\r\n"sv, 400, "Host"},
    {"ObsoleteFolding", "GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n"sv, 400, "folding"},
    {"ObsoleteFoldingWithTab", "GET / HTTP/1.1\r\nHost: a\r\nX:\r\n\tc\r\n\r\n"sv, 400, "folding"},
    {"WhiteSpaceBeforeTheFirstField", "GET / HTTP/1.1\r\n Host: a\r\n\r\n"sv, 400, "white space"},
    {"LengthAsAList", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0, 0\r\n\r\n"sv, 400, "Content-Length"},
    {"LengthTwice", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n"sv, 400,
     "Content-Length"},
    {"LengthConflict", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 1\r\n\r\n"sv, 400,
     "Content-Length"},
    {"LengthSigned", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n"sv, 400, "Content-Length"},
    {"LengthNegative", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n"sv, 400, "Content-Length"},
    {"LengthHexadecimal", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x0\r\n\r\n"sv, 400, "Content-Length"},
    {"LengthEmpty", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n"sv, 400, "Content-Length"},
    {"LengthPast64Bits", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n"sv, 400,
     "Content-Length"},
    {"BareLineFeed", "GET / HTTP/1.1\nHost: a\r\n\r\n"sv, 400, "CR LF"},
    {"BareLineFeedInTheFields", "GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n"sv, 400, "CR LF"},
    {"BareLineFeedAtTheEnd", "GET / HTTP/1.1\r\nHost: a\r\n\n"sv, 400, "CR LF"},
    {"BareCarriageReturn", "GET / HTTP/1.1\r\nHost: a\rb\r\n\r\n"sv, 400, "arriage return"},
    {"BareCarriageReturnInTheRequestLine", "GET /\r HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400, "target"},
    {"WhiteSpaceBeforeTheColon", "GET / HTTP/1.1\r\nHost : a\r\n\r\n"sv, 400, "colon"},
    {"NoColon", "GET / HTTP/1.1\r\nHost\r\n\r\n"sv, 400, "field name"},
    {"EmptyFieldName", "GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n"sv, 400, "field name"},
    {"NulInAValue", "GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n"sv, 400, "control character"},
    {"ControlCharacterInAValue", "GET / HTTP/1.1\r\nHost: a\x01\r\n\r\n"sv, 400, "control character"},
    {"DeleteInAValue", "GET / HTTP/1.1\r\nHost: a\x7f\r\n\r\n"sv, 400, "control character"},
    {"NulInTheTarget", "GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400, "target"},
    {"UriOfAnotherScheme", "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400, "begin with '/'"},
    {"UriWithoutAHost", "GET http:///a HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400, "begin with '/'"},
    {"UriWithAUser", "GET http://user@a/ HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400, "begin with '/'"},
    {"UriWithoutAHostField", "GET http://a/ HTTP/1.1\r\n\r\n"sv, 400, "Host"},
    {"AsteriskTarget", "GET * HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400, "begin with '/'"},
    {"AuthorityTarget", "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400, "begin with '/'"},
    {"EmptyTarget", "GET  HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400, "target"},
    {"FragmentInTheTarget", "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400, "target"},
    {"QuoteInTheTarget", "GET /a\"b HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400, "target"},
    {"BracketInTheTarget", "GET /?a=<b> HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400, "target"},
    {"RawUtf8InTheTarget", "GET /\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400, "target"},
    {"OverlongUtf8InTheTarget", "GET /\xc0\xaf HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400, "target"},
    {"RawByteInAWholeUri", "GET http://a/\xff HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400, "target"},
    {"ConnectionThatIsNoList", "GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive Upgrade\r\n\r\n"sv, 400,
     "Connection"},
    {"ConnectionWithARawByte", "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upg\xd3rade\r\n\r\n"sv, 400, "Connection"},
    {"LineFeedBeforeTheRequestLine", "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400, "CR LF"},
    {"SpaceInTheTarget", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400, "target"},
    {"MethodNoToken", "G(T / HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400, "method"},
    {"NoVersion", "GET /\r\nHost: a\r\n\r\n"sv, 400, "request line"},
    {"MalformedVersion", "GET / HTTP/1.1x\r\nHost: a\r\n\r\n"sv, 400, "version"},
    {"LowerCaseVersion", "GET / http/1.1\r\nHost: a\r\n\r\n"sv, 400, "version"},
    {"Version09", "GET / HTTP/0.9\r\nHost: a\r\n\r\n"sv, 505, "HTTP/1.1"},
    {"Version20", "GET / HTTP/2.0\r\nHost: a\r\n\r\n"sv, 505, "HTTP/1.1"},
    {"Http2Preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"sv, 505, "HTTP/2"},
    {"Tls", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n\r\n"sv, 400, "TLS"},
};

class RefusedRequest : public testing::TestWithParam<Refusal> {};

TEST_P(RefusedRequest, IsRefusedInAnySplit) {
  EXPECT_EQ(status_of(GetParam().text), GetParam().status);
  EXPECT_NE(outcome({GetParam().text}).find(GetParam().says), std::string::npos) << outcome({GetParam().text});
}

INSTANTIATE_TEST_SUITE_P(RequestParser, RefusedRequest, testing::ValuesIn(kRefusals),
                         [](const auto& refusal) { return std::string(refusal.param.name); });

}  // namespace
}  // namespace switchboard::http
