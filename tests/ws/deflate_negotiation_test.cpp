#include "ws/deflate_negotiation.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace switchboard::ws {
namespace {

class DeflateNegotiation : public testing::Test {
 protected:
  /// The response; "none" when no offer was taken, "400" when the fields were refused.
  std::string answer_all(const std::vector<std::string_view>& fields) {
    const auto agreed = negotiate_deflate(fields, settings_);
    if (!agreed) return std::to_string(agreed.error().status);
    if (!*agreed) return "none";
    takeover_window_bits_ = (*agreed)->takeover_window_bits;
    return (*agreed)->response;
  }
  std::string answer(std::string_view field) { return answer_all({field}); }
  /// The answer to permessage-deflate with these parameters.
  std::string answer_to(std::string_view parameters) {
    return answer("permessage-deflate; " + std::string(parameters));
  }

  DeflateSettings settings_;
  int takeover_window_bits_ = -1;
};

constexpr std::string_view kPlain = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
constexpr std::string_view kTakeover = "permessage-deflate; server_no_context_takeover";

TEST_F(DeflateNegotiation, WithoutAnOfferThereIsNoAnswer) {
  EXPECT_EQ(answer_all({}), "none");
  EXPECT_EQ(answer(""), "none");
  EXPECT_EQ(answer("permessage-bzip2, x-webkit-deflate-frame, permessage-deflate2"), "none");
}

TEST_F(DeflateNegotiation, APlainOfferIsTakenWithoutContextTakeover) {  // RFC 7692 section 7.1.1
  EXPECT_EQ(answer("permessage-deflate"), kPlain);
  EXPECT_EQ(takeover_window_bits_, 0);
  EXPECT_EQ(answer_to("server_no_context_takeover"), kPlain);
  EXPECT_EQ(answer_to("client_no_context_takeover"), kPlain);
  EXPECT_EQ(answer_to("client_no_context_takeover; server_no_context_takeover"), kPlain);
}

TEST_F(DeflateNegotiation, AClientsSmallerWindowIsNotAskedForWithoutTakeover) {  // section 7.1.2.2
  EXPECT_EQ(answer_to("client_max_window_bits"), kPlain);
  for (int bits = 8; bits <= 15; ++bits)
    EXPECT_EQ(answer_to("client_max_window_bits=" + std::to_string(bits)), kPlain) << bits;
}

TEST_F(DeflateNegotiation, ALimitOnOurWindowIsTakenFromOursOnUpwards) {  // section 7.1.2.1
  for (int ours = 9; ours <= 15; ++ours) {
    settings_.window_bits = static_cast<std::uint8_t>(ours);
    for (int bits = 8; bits <= 15; ++bits) {
      const std::string wanted =
          bits < ours ? "none" : std::string(kPlain) + "; server_max_window_bits=" + std::to_string(ours);
      EXPECT_EQ(answer_to("server_max_window_bits=" + std::to_string(bits)), wanted) << ours << " " << bits;
    }
  }
}

TEST_F(DeflateNegotiation, AValueOutOfRangeDeclinesTheOffer) {
  for (const auto* value : {"7", "16", "0", "-8", "08", "8.0", "+9", "100", "1", "1a", "0x9", "x", "115"}) {
    EXPECT_EQ(answer_to("server_max_window_bits=" + std::string(value)), "none") << value;
    EXPECT_EQ(answer_to("client_max_window_bits=" + std::string(value)), "none") << value;
  }
}

TEST_F(DeflateNegotiation, AParameterThatBreaksItsRuleDeclinesTheOffer) {
  for (const auto* parameters :
       {"server_max_window_bits", "server_no_context_takeover=1", "client_no_context_takeover=true",
        "server_no_context_takeover; server_no_context_takeover",
        "client_no_context_takeover; client_no_context_takeover",
        "server_max_window_bits=15; server_max_window_bits=15", "client_max_window_bits; client_max_window_bits",
        "client_max_window_bits=15; client_max_window_bits", "client_max_window_bits; client_max_window_bits=15",
        "client_max_window_bits=15; client_max_window_bits=15", "unknown", "unknown=1", "Server_no_context_takeover"}) {
    EXPECT_EQ(answer_to(parameters), "none") << parameters;
  }
}

TEST_F(DeflateNegotiation, QuotedValuesCountLikeOthers) {
  EXPECT_EQ(answer_to(R"(server_max_window_bits="15")"), std::string(kPlain) + "; server_max_window_bits=12");
  EXPECT_EQ(answer_to(R"(client_max_window_bits="\1\5")"), kPlain);
  EXPECT_EQ(answer_to(R"(client_max_window_bits="16")"), "none");
}

TEST_F(DeflateNegotiation, TheFirstAcceptableOfferIsTaken) {
  const std::string with_window = std::string(kPlain) + "; server_max_window_bits=12";
  EXPECT_EQ(answer("permessage-deflate; server_max_window_bits=9, permessage-deflate"), kPlain);
  EXPECT_EQ(answer("permessage-deflate; unknown, x, permessage-deflate; server_max_window_bits=13, permessage-deflate"),
            with_window);
  EXPECT_EQ(answer_all({"x", "permessage-deflate; server_max_window_bits=8", "y, permessage-deflate"}), kPlain);
  EXPECT_EQ(answer_all({"permessage-deflate; server_max_window_bits=12", "permessage-deflate"}), with_window);
}

TEST_F(DeflateNegotiation, AFieldThatIsNoListIsRefusedWhereverItStands) {
  EXPECT_EQ(answer("permessage-deflate;"), "400");
  EXPECT_EQ(answer_all({"permessage-deflate", "a b"}), "400");
  EXPECT_EQ(answer("permessage-deflate; client_max_window_bits=\"15"), "400");
  settings_.enabled = false;
  EXPECT_EQ(answer("permessage-deflate;"), "400");
}

TEST_F(DeflateNegotiation, NothingIsTakenWhenNotEnabled) {
  settings_.enabled = false;
  EXPECT_EQ(answer("permessage-deflate"), "none");
}

TEST_F(DeflateNegotiation, ClientsMayKeepTheirContextWhenTheSettingsLetThem) {
  settings_.client_context_takeover = true;
  EXPECT_EQ(answer("permessage-deflate"), kTakeover);
  EXPECT_EQ(takeover_window_bits_, 15);
  EXPECT_EQ(answer_to("server_no_context_takeover"), kTakeover);
}

TEST_F(DeflateNegotiation, AClientThatKeepsNoContextIsHeldToIt) {  // section 7.1.1.2
  settings_.client_context_takeover = true;
  EXPECT_EQ(answer_to("client_no_context_takeover; client_max_window_bits=10"), kPlain);
  EXPECT_EQ(takeover_window_bits_, 0);
}

TEST_F(DeflateNegotiation, AKeptContextIsAsSmallAsTheClientAllows) {  // section 7.1.2.2
  settings_.client_context_takeover = true;
  EXPECT_EQ(answer_to("client_max_window_bits"), std::string(kTakeover) + "; client_max_window_bits=12");
  EXPECT_EQ(takeover_window_bits_, 12);
  for (int bits = 8; bits <= 15; ++bits) {
    const int wanted = std::min(bits, 12);
    EXPECT_EQ(answer_to("client_max_window_bits=" + std::to_string(bits)),
              std::string(kTakeover) + "; client_max_window_bits=" + std::to_string(wanted));
    EXPECT_EQ(takeover_window_bits_, std::max(wanted, 9)) << bits;
  }
}

TEST_F(DeflateNegotiation, TakesWhatWellKnownClientsOffer) {
  EXPECT_EQ(answer("permessage-deflate; client_max_window_bits"), kPlain) << "Chrome, Firefox, Safari, Node's ws";
  EXPECT_EQ(answer("permessage-deflate; server_max_window_bits=12; client_max_window_bits=12"),
            std::string(kPlain) + "; server_max_window_bits=12")
      << "Python's websockets";
  EXPECT_EQ(answer("permessage-deflate; server_no_context_takeover; client_no_context_takeover"), kPlain) << "gorilla";
}

}  // namespace
}  // namespace switchboard::ws
