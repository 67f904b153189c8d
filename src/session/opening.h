// What becomes of the HTTP request that a connection begins with: a conversation over WebSocket, a page, or a refusal
// in words. Knows the listener's rules, and neither the connection nor who is at its other end.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/time.h"
#include "http/asset.h"
#include "http/request.h"
#include "session/dialect.h"
#include "session/settings.h"

namespace switchboard::session {

/// What a request is held to. All of it must outlive the call.
struct OpeningRules {
  const SessionSettings& settings;
  const ListenerPolicy& policy;
  http::AssetTable assets;
  const Clock& clock;  // for the dates of answers
};

/// The connection speaks WebSocket from here on.
struct Upgraded {
  std::string response;
  Dialect dialect = Dialect::kBase;
  /// The client's token, where there is authentication and it has brought one: of the request's.
  std::optional<std::string_view> token = {};
  /// permessage-deflate was agreed: see ws::DeflateAgreement.
  std::optional<std::uint8_t> deflate_takeover_window_bits;
};

/// The connection ends with this answer.
struct Answered {
  enum class Kind : std::uint8_t { kPage, kMethods, kRefusal };

  Kind kind = Kind::kRefusal;
  std::uint16_t status = 0;
  std::string response;
  // Of the request's, when it was refused for the value of that field: "Origin" or "Host".
  std::string_view refused_field = {};
  std::string_view refused_value = {};
};

/// The views of the result are the request's.
std::variant<Upgraded, Answered> answer_of(const http::Request& request, const OpeningRules& rules);

/// The refusal of a request for that reason. `request`: null when it could not be read or has not come.
Answered refused(const http::RequestError& error, const http::Request* request, const Clock& clock);

}  // namespace switchboard::session
