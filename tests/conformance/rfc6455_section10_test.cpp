// RFC 6455 section 10: security considerations that bind a server. Origins are section 4.2.2.
#include "conformance/server_test.h"

namespace switchboard::conformance {
namespace {

// --- 10.4: implementation-specific limits ----------------------------------------------------------------------------

class Rfc6455Section10_4 : public ServerTest {
 protected:
  Rfc6455Section10_4() { settings.session.message_bytes_max = 1000; }
};

TEST_F(Rfc6455Section10_4, AMessageIsTakenUpToTheLimitAndFailsAboveIt) {
  EXPECT_EQ(answers(text(std::string(999, 'x'))).size(), 1u);
  EXPECT_EQ(answers(text(std::string(1000, 'x'))), Answers{"text " + shown(std::string(1000, 'x'))});
  EXPECT_EQ(answers(text(std::string(1001, 'x'))), failed(1009));
}

TEST_F(Rfc6455Section10_4, TheFragmentsOfAMessageAreHeldToTheLimitTogether) {
  const std::string first = client_fragment(Opcode::kBinary, std::string(600, 'x'));
  EXPECT_EQ(answers(first + last(std::string(400, 'x'))), Answers{"binary " + shown(std::string(1000, 'x'))});
  EXPECT_EQ(answers(first + last(std::string(401, 'x'))), failed(1009));
  std::string without_end = client_fragment(Opcode::kText, "");
  for (int i = 0; i < 1001; ++i)
    without_end += more("x");
  EXPECT_EQ(answers(without_end), failed(1009));
}

TEST_F(Rfc6455Section10_4, ADeclaredLengthOverTheLimitFailsBeforeAnyPayload) {
  EXPECT_EQ(answers(client_header(0x81, 1001, 2)), failed(1009));
  EXPECT_EQ(answers(client_header(0x82, std::uint64_t{1} << 40, 8)), failed(1009));
  EXPECT_EQ(answers(client_header(0x82, (std::uint64_t{1} << 63) - 1, 8)), failed(1009));
}

TEST_F(Rfc6455Section10_4, TheLimitIsForEachMessage) {
  const std::string message = text(std::string(1000, 'x'));
  const std::string echoed = "text " + shown(std::string(1000, 'x'));
  EXPECT_EQ(answers(message + message + message), (Answers{echoed, echoed, echoed}));
}

TEST_F(Rfc6455Section10_4, ARequestOverTheLimitIsRefused) {
  EXPECT_EQ(ask(Request().add("X-Long", std::string(8'192, 'x'))).status(), 431);
  EXPECT_EQ(ask(Request().line("GET /" + std::string(8'192, 'x') + " HTTP/1.1")).status(), 414);
}

// --- 10.7: handling of invalid data ----------------------------------------------------------------------------------

using Rfc6455Section10_7 = ServerTest;

TEST_F(Rfc6455Section10_7, InvalidDataIsAnsweredWithACloseFrameAndItsCode) {
  EXPECT_EQ(answers("GET / HTTP/1.1\r\n\r\n"), failed(1002)) << "0x47: FIN 0, RSV1, opcode 7";
  EXPECT_EQ(answers(std::string(1000, '\xff')), failed(1002));
  EXPECT_EQ(answers(std::string(1000, '\0')), failed(1002));
}

TEST_F(Rfc6455Section10_7, InvalidDataInTheHandshakeIsAnsweredWithAnHttpStatus) {
  for (const std::string& bytes :
       {std::string("\xff\xff\xff\xff\r\n\r\n"), std::string("\r\nHello\r\n\r\n"), text("Hello") + "\r\n\r\n"}) {
    const Response response = ask_bytes(bytes);
    EXPECT_EQ(response.status(), 400);
    EXPECT_TRUE(response.is_over);
  }
}

}  // namespace
}  // namespace switchboard::conformance
