#include "auth/token.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "auth/base64url.h"
#include "auth/json_members.h"
#include "protocol/command.h"
#include "protocol/field_value.h"
#include "protocol/json_array.h"

namespace switchboard::auth {
namespace {

using enum RefusalReason;
using Refused = std::unexpected<TokenRefusal>;

constexpr double kSecondsMax = 9'007'199'254'740'992.0 / 1'000;  // as milliseconds it is a whole number still
constexpr std::size_t kIdBytesMax = 255;
constexpr std::size_t kAudiencesMax = 100;

Refused refused(RefusalReason reason, std::string message) {
  return std::unexpected(TokenRefusal{.reason = reason, .message = std::move(message)});
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

/// RFC 7515 section 4.1.9: "application/" may be left out, and letters' cases do not count. RFC 9068: access tokens.
bool is_token_type(std::string type) {
  std::ranges::transform(type, type.begin(), lower);
  std::string_view rest = type;
  constexpr std::string_view kPrefix = "application/";
  if (rest.starts_with(kPrefix)) rest.remove_prefix(kPrefix.size());
  return rest == "jwt" || rest == "at+jwt";
}

/// The optional text of that name, of at most kIdBytesMax bytes, into `out`. False: it is no such text.
bool take_text(const JsonMembers& members, std::string_view name, std::string& out) {
  if (!members.has(name)) return true;
  auto text = members.text(name);
  if (!text || text->size() > kIdBytesMax || protocol::has_control_character(*text)) return false;
  out = std::move(*text);
  return true;
}

/// A NumericDate (RFC 7519 section 2): seconds, perhaps with a fraction. False: it is none.
bool take_date(const JsonMembers& members, std::string_view name, std::optional<UnixMillis>& out) {
  const std::string_view json = members[name];
  if (json.empty()) return true;
  double seconds = 0;
  const char* const end = json.data() + json.size();
  const auto read = std::from_chars(json.data(), end, seconds);
  if (read.ec != std::errc{} || read.ptr != end || !(seconds >= 0 && seconds <= kSecondsMax)) return false;
  out = static_cast<UnixMillis>(seconds * 1'000);
  return true;
}

/// RFC 7519 section 4.1.3: a text, or a list of texts.
bool take_audience(const JsonMembers& members, std::vector<std::string>& out) {
  const std::string_view json = members["aud"];
  if (json.empty()) return true;
  if (!protocol::is_json_array(json)) {
    auto text = members.text("aud");
    if (!text) return false;
    out.push_back(std::move(*text));
    return true;
  }
  protocol::JsonArray list(json);
  for (std::string_view element; list.next(element);) {
    auto text = text_of_json(element);
    if (!text || out.size() == kAudiencesMax) return false;
    out.push_back(std::move(*text));
  }
  return true;
}

}  // namespace

std::expected<TokenParts, TokenRefusal> take_apart(std::string_view token) {
  if (token.size() > kTokenBytesMax) return refused(kTooLarge, "the token has more than 8192 bytes");
  const auto dots = std::ranges::count(token, '.');
  if (dots == 4) return refused(kMalformed, "the token is encrypted (JWE): only signed ones are read");
  if (dots != 2) return refused(kMalformed, "the token is no JWT: that has three parts with dots between them");
  const std::size_t first = token.find('.'), second = token.find('.', first + 1);
  const auto header = decode_base64url(token.substr(0, first));
  auto payload = decode_base64url(token.substr(first + 1, second - first - 1));
  auto signature = decode_base64url(token.substr(second + 1));
  if (!header || !payload || !signature) {
    return refused(kMalformed, "the token is no JWT: its parts are not base64url without padding");
  }
  const auto members = JsonMembers::read(*header);
  if (!members) return refused(kMalformed, "the token's header " + members.error());
  // RFC 7515 section 4.1.11: what is critical must be understood, and nothing that could be is known here.
  if (members->has("crit")) return refused(kType, "the token's header has `crit`, of which nothing is known here");
  if (members->has("cty")) return refused(kMalformed, "the token holds another one (`cty`): nested ones are not read");
  if (members->has("typ") && !is_token_type(members->text("typ").value_or(""))) {
    return refused(kType, "the token's `typ` is not JWT or at+jwt");
  }
  TokenParts parts{.signed_text = token.substr(0, second),
                   .algorithm = members->text("alg").value_or(""),
                   .key_id = {},
                   .payload = std::move(*payload),
                   .signature = std::move(*signature)};
  if (parts.algorithm.empty()) return refused(kMalformed, "the token's header has no `alg`");
  if (!take_text(*members, "kid", parts.key_id))
    return refused(kMalformed, "the token's `kid` is no text of up to 255 bytes");
  return parts;
}

std::expected<Payload, TokenRefusal> read_payload(std::string_view json) {
  const auto members = JsonMembers::read(json);
  if (!members) return refused(kClaims, "the token's payload " + members.error());
  Payload payload;
  Claims& claims = payload.claims;
  if (!members->has("sub")) return refused(kClaims, "the token has no `sub`, which names the user");
  auto user_id = members->text("sub");
  // As a client's own name must be: see protocol::read_text.
  if (!user_id || user_id->empty() || user_id->size() > protocol::kNameBytesMax ||
      protocol::has_control_character(*user_id)) {
    return refused(kClaims, "the token's `sub` is no text of 1 to 255 bytes without control characters");
  }
  claims.user_id = std::move(*user_id);
  if (!take_text(*members, "jti", claims.token_id))
    return refused(kClaims, "the token's `jti` is no text of up to 255 bytes");
  if (!take_text(*members, "iss", claims.issuer))
    return refused(kClaims, "the token's `iss` is no text of up to 255 bytes");
  if (!take_audience(*members, payload.audience)) {
    return refused(kClaims, "the token's `aud` is neither a text nor a list of up to 100 texts");
  }
  std::optional<UnixMillis> expires_at;
  for (const auto& [name, date] :
       {std::pair("exp", &expires_at), std::pair("nbf", &payload.not_before), std::pair("iat", &claims.issued_at)}) {
    if (take_date(*members, name, *date)) continue;
    return refused(kClaims, "the token's `" + std::string(name) + "` is no number of seconds since 1970");
  }
  payload.has_expiry = expires_at.has_value();
  claims.expires_at = expires_at.value_or(kNeverExpires);
  claims.grants = (*members)["switchboard"];
  if (!claims.grants.empty() && !claims.grants.starts_with('{')) {
    return refused(kClaims, "the token's `switchboard` is no object");
  }
  return payload;
}

std::string peek_issuer(std::string_view json) {
  const auto members = JsonMembers::read(json);
  return members ? members->text("iss").value_or("") : "";
}

}  // namespace switchboard::auth
