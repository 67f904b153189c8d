// Tokens, key sets and permissions: the first byte says which. What is read is read the same way twice; nothing that
// was not signed with our keys is ever taken; what permissions a text gives does not depend on the order of its rooms.
#include "auth/token.h"

#include <cstdint>
#include <string>
#include <string_view>

#include "auth/base64url.h"
#include "auth/grants.h"
#include "auth/key_set.h"
#include "auth/mint.h"
#include "auth/verifier.h"
#include "base/assert.h"
#include "ws/utf8.h"

namespace switchboard::fuzz {
namespace {

constexpr std::string_view kSecret = "a secret of the fuzzer's: 32 bytes or more";
constexpr UnixMillis kNow = 1'764'000'000'000;

auth::Verifier verifier() {
  auth::IssuerRules rules;
  rules.keys.add(*auth::Key::of_secret(kSecret));
  return auth::Verifier({std::move(rules)});
}

/// The text is a header and a payload, which are signed as they should be: so what is behind the signature is reached,
/// too.
void check_signed(std::string_view payload) {
  const auto token = auth::mint(payload, auth::Algorithm::kHs256, {.secret = kSecret});
  SB_ASSERT(token);
  const auto claims = verifier().verify(*token, kNow);
  if (!claims) {
    SB_ASSERT(!claims.error().message.empty() && claims.error().message.size() < 200);
    SB_ASSERT(claims.error().reason != auth::RefusalReason::kSignature);
    return;
  }
  SB_ASSERT(!claims->user_id.empty() && claims->user_id.size() <= 255);
  SB_ASSERT(claims->expires_at + 30'000 > kNow);
  SB_ASSERT(claims->grants.empty() || claims->grants.starts_with('{'));
}

void check_unsigned(std::string_view token) {
  SB_ASSERT(!verifier().verify(token, kNow));  // nobody here can sign
  const auto parts = auth::take_apart(token);
  if (!parts) return;
  // Written in one way only: what was taken apart is put together again.
  const std::string signed_text(parts->signed_text);
  const std::string header(signed_text.substr(0, signed_text.find('.')));
  SB_ASSERT(auth::encode_base64url(*auth::decode_base64url(header)) == header);
  SB_ASSERT(signed_text == header + "." + auth::encode_base64url(parts->payload));
  SB_ASSERT(token == signed_text + "." + auth::encode_base64url(parts->signature));
}

void check_key_set(std::string_view json) {
  const auto set = auth::read_jwk_set(json);
  if (!set) {
    SB_ASSERT(!set.error().empty());
    return;
  }
  SB_ASSERT(!set->keys.empty() && set->keys.size() <= auth::kKeysMax);
  for (const auth::Key& key : set->keys) {
    SB_ASSERT(!key.algorithms().empty());
    for (std::size_t i = 0; i < auth::kAlgorithms; ++i) {
      const auto algorithm = static_cast<auth::Algorithm>(i);
      if (key.algorithms().has(algorithm)) SB_ASSERT(!key.verify(algorithm, "text", std::string(64, 'x')));
    }
  }
}

void check_grants(std::string_view json) {
  ws::Utf8Validator utf8;
  if (!utf8.feed(json) || !utf8.complete()) return;  // whoever reads a token or a setting has looked
  const auto grants = auth::Grants::parse(json);
  if (!grants) {
    SB_ASSERT(!grants.error().empty());
    return;
  }
  for (const std::string_view room : {"a", "chat:1", "doc:u:1", ""}) {
    const auto rights = grants->rights_in(room, "u");
    SB_ASSERT(rights.has_all(grants->rights_in(room, "")));  // a user that is named may no less than nobody
  }
  static_cast<void>(grants->may_write_to("bob", "u"));
}

}  // namespace
}  // namespace switchboard::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace switchboard::fuzz;
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  switch (data[0] % 4) {
    case 0:
      check_signed(text);
      break;
    case 1:
      check_unsigned(text);
      break;
    case 2:
      check_key_set(text);
      break;
    default:
      check_grants(text);
      break;
  }
  return 0;
}
