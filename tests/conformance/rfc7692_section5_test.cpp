// RFC 7692 sections 5 and 7.1: agreeing on permessage-deflate.
#include "conformance/server_test.h"

namespace switchboard::conformance {
namespace {

class Negotiation : public ServerTest {
 protected:
  /// What the server agrees to; "" when it declines, the handshake succeeding all the same.
  std::string agreed(const std::string& offer) {
    const Response response = ask(Request().extensions(offer));
    EXPECT_EQ(response.status(), 101) << offer;
    return response.has("Sec-WebSocket-Extensions") ? response.value("Sec-WebSocket-Extensions") : "";
  }
  static bool accepts(const std::string& response) {
    return response == "permessage-deflate" || response.starts_with("permessage-deflate;");
  }
  /// The parameters of a response, each once: "a", "b=1".
  static std::vector<std::string> parameters(const std::string& response) {
    std::vector<std::string> out;
    std::size_t at = response.find(';');
    while (at != std::string::npos) {
      const std::size_t from = response.find_first_not_of(' ', at + 1);
      at = response.find(';', from);
      out.push_back(response.substr(from, at - from));
      EXPECT_EQ(std::count(out.begin(), out.end(), out.back()), 1) << response;
    }
    return out;
  }
  static bool has(const std::string& response, std::string_view parameter) {
    for (const std::string& one : parameters(response)) {
      if (one == parameter || one.starts_with(std::string(parameter) + "=")) return true;
    }
    return false;
  }
  static int bits(const std::string& response, std::string_view parameter) {
    for (const std::string& one : parameters(response)) {
      if (one.starts_with(std::string(parameter) + "=")) return std::stoi(one.substr(parameter.size() + 1));
    }
    return 0;
  }
};

// --- 5: offers and answers -------------------------------------------------------------------------------------------

using Rfc7692Section5 = Negotiation;

TEST_F(Rfc7692Section5, AnOfferIsAccepted) {
  EXPECT_TRUE(accepts(agreed("permessage-deflate")));
}

TEST_F(Rfc7692Section5, NothingIsAgreedWithoutAnOffer) {
  EXPECT_EQ(agreed("x-unknown"), "");
  EXPECT_EQ(agreed("permessage-bzip2, permessage-snappy"), "");
  EXPECT_EQ(agreed("x-permessage-deflate, permessage-deflate-2"), "");
}

TEST_F(Rfc7692Section5, OneOfSeveralOffersIsAccepted) {
  for (const char* offers : {"permessage-deflate, permessage-deflate; client_max_window_bits",
                             "x-unknown; a=1, permessage-deflate, permessage-deflate"}) {
    const std::string response = agreed(offers);
    EXPECT_TRUE(accepts(response)) << offers;
    EXPECT_EQ(response.find(','), std::string::npos) << response;
  }
}

TEST_F(Rfc7692Section5, TheFirstAcceptableOfferIsTaken) {
  EXPECT_TRUE(accepts(agreed("permessage-deflate; unknown, permessage-deflate")));
  const std::string response = agreed(
      "permessage-deflate; server_max_window_bits=99, permessage-deflate; server_max_window_bits=10, "
      "permessage-deflate");
  EXPECT_GT(bits(response, "server_max_window_bits"), 0) << response;
}

TEST_F(Rfc7692Section5, OffersMayBeSpreadOverSeveralFields) {
  const Response response = ask(Request().extensions("x-unknown").extensions("permessage-deflate"));
  EXPECT_TRUE(accepts(response.value("Sec-WebSocket-Extensions")));
}

TEST_F(Rfc7692Section5, WithTheExtensionSwitchedOffEveryOfferIsDeclined) {
  settings.session.deflate.enabled = false;
  use(settings.session);
  EXPECT_EQ(agreed("permessage-deflate; client_max_window_bits"), "");
}

TEST_F(Rfc7692Section5, AfterADeclinedOfferACompressedMessageFails) {
  EXPECT_EQ(answers(client_frame_of(0xc1, std::string("\xf2\x48\xcd\xc9\xc9\x07\x00", 7)),
                    Request().extensions("permessage-deflate; unknown")),
            failed(1002));
}

// --- 7.1: offers that must be declined -------------------------------------------------------------------------------

using Rfc7692Section7_1 = Negotiation;

TEST_F(Rfc7692Section7_1, AnOfferWithAnUnknownParameterIsDeclined) {
  for (const char* parameter : {"unknown", "unknown=1", "server_max_window_bit=10", "window_bits=10"}) {
    EXPECT_EQ(agreed("permessage-deflate; " + std::string(parameter)), "") << parameter;
    EXPECT_EQ(agreed("permessage-deflate; client_max_window_bits; " + std::string(parameter)), "") << parameter;
  }
}

TEST_F(Rfc7692Section7_1, AnOfferWithAnInvalidValueIsDeclined) {
  for (const char* name : {"server_max_window_bits", "client_max_window_bits"}) {
    for (const char* value : {"0", "7", "16", "08", "010", "1", "100", "9.5", "-9", "+9", "0x9", "x", "15x"}) {
      EXPECT_EQ(agreed("permessage-deflate; " + std::string(name) + "=" + value), "") << name << "=" << value;
    }
  }
  EXPECT_EQ(agreed("permessage-deflate; server_max_window_bits"), "") << "it needs a value";
  for (const char* name : {"server_no_context_takeover", "client_no_context_takeover"}) {
    for (const char* value : {"1", "true", "15"}) {
      EXPECT_EQ(agreed("permessage-deflate; " + std::string(name) + "=" + value), "") << name << "=" << value;
    }
  }
}

TEST_F(Rfc7692Section7_1, AnOfferWithAParameterTwiceIsDeclined) {
  for (const std::string parameter :
       {"server_no_context_takeover", "client_no_context_takeover", "server_max_window_bits=10",
        "client_max_window_bits", "client_max_window_bits=10"}) {
    EXPECT_EQ(agreed("permessage-deflate; " + parameter + "; " + parameter), "") << parameter;
  }
  EXPECT_EQ(agreed("permessage-deflate; client_max_window_bits; client_max_window_bits=10"), "");
  EXPECT_EQ(agreed("permessage-deflate; server_max_window_bits=10; server_max_window_bits=11"), "");
}

TEST_F(Rfc7692Section7_1, AnOfferThatTheServerCannotMeetIsDeclined) {
  settings.session.deflate.window_bits = 12;
  use(settings.session);
  EXPECT_EQ(agreed("permessage-deflate; server_max_window_bits=11"), "") << "one encoding serves all";
  EXPECT_TRUE(accepts(agreed("permessage-deflate; server_max_window_bits=12")));
  EXPECT_TRUE(accepts(agreed("permessage-deflate; server_max_window_bits=8, permessage-deflate")));
}

TEST_F(Rfc7692Section7_1, ParametersMayComeInAnyOrderAndQuoted) {
  EXPECT_TRUE(
      accepts(agreed("permessage-deflate; client_max_window_bits=\"10\"; server_no_context_takeover; "
                     "server_max_window_bits=\"15\"; client_no_context_takeover")));
}

// --- 7.1.1: context takeover -----------------------------------------------------------------------------------------

using Rfc7692Section7_1_1_1 = Negotiation;

TEST_F(Rfc7692Section7_1_1_1, ServerNoContextTakeoverIsAgreedToWhenOffered) {
  EXPECT_TRUE(has(agreed("permessage-deflate; server_no_context_takeover"), "server_no_context_takeover"));
}

TEST_F(Rfc7692Section7_1_1_1, TheServerSaysThatItNeverUsesContextTakeover) {  // allowed though it was not offered
  EXPECT_TRUE(has(agreed("permessage-deflate"), "server_no_context_takeover"));
}

using Rfc7692Section7_1_1_2 = Negotiation;

TEST_F(Rfc7692Section7_1_1_2, ClientNoContextTakeoverIsAgreedToWhenOffered) {
  EXPECT_TRUE(has(agreed("permessage-deflate; client_no_context_takeover"), "client_no_context_takeover"));
}

TEST_F(Rfc7692Section7_1_1_2, TheServerMayForbidItUnasked) {
  EXPECT_FALSE(has(agreed("permessage-deflate"), "client_no_context_takeover")) << "the echo allows it";
  use_rooms();
  EXPECT_TRUE(has(agreed("permessage-deflate"), "client_no_context_takeover"));
}

// --- 7.1.2: window sizes ---------------------------------------------------------------------------------------------

using Rfc7692Section7_1_2_1 = Negotiation;

TEST_F(Rfc7692Section7_1_2_1, TheServersWindowIsAtMostTheOneOffered) {
  for (int offered = 9; offered <= 15; ++offered) {
    const std::string response = agreed("permessage-deflate; server_max_window_bits=" + std::to_string(offered));
    const int window = bits(response, "server_max_window_bits");
    EXPECT_GE(window, 8) << response;
    EXPECT_LE(window, offered) << response;
  }
}

TEST_F(Rfc7692Section7_1_2_1, AWindowThatZlibCannotKeepToIsDeclined) {
  EXPECT_EQ(agreed("permessage-deflate; server_max_window_bits=8"), "");
}

using Rfc7692Section7_1_2_2 = Negotiation;

TEST_F(Rfc7692Section7_1_2_2, TheClientsWindowIsNotNamedUnlessItWasOffered) {
  EXPECT_FALSE(has(agreed("permessage-deflate"), "client_max_window_bits"));
  EXPECT_FALSE(has(agreed("permessage-deflate; server_max_window_bits=15"), "client_max_window_bits"));
  use_rooms();
  EXPECT_FALSE(has(agreed("permessage-deflate"), "client_max_window_bits"));
}

TEST_F(Rfc7692Section7_1_2_2, TheClientsWindowIsAtMostTheOneOffered) {
  for (int offered = 8; offered <= 15; ++offered) {
    const std::string response = agreed("permessage-deflate; client_max_window_bits=" + std::to_string(offered));
    EXPECT_TRUE(accepts(response)) << offered;
    if (has(response, "client_max_window_bits")) {
      EXPECT_GE(bits(response, "client_max_window_bits"), 8) << response;
      EXPECT_LE(bits(response, "client_max_window_bits"), offered) << response;
    }
  }
}

TEST_F(Rfc7692Section7_1_2_2, ItMayBeOfferedWithoutAValue) {
  const std::string response = agreed("permessage-deflate; client_max_window_bits");
  EXPECT_TRUE(accepts(response));
  EXPECT_FALSE(response.ends_with("client_max_window_bits")) << "an answer names a number";
}

// --- 7.1.3: examples -------------------------------------------------------------------------------------------------

using Rfc7692Section7_1_3 = Negotiation;

TEST_F(Rfc7692Section7_1_3, TheExamplesOfOffersAreAccepted) {
  EXPECT_TRUE(accepts(agreed("permessage-deflate")));
  EXPECT_TRUE(accepts(agreed("permessage-deflate; client_max_window_bits; server_max_window_bits=10")));
  EXPECT_TRUE(
      accepts(agreed("permessage-deflate; client_max_window_bits; server_max_window_bits=10, permessage-deflate; "
                     "client_max_window_bits")));
}

}  // namespace
}  // namespace switchboard::conformance
