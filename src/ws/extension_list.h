// The value of a Sec-WebSocket-Extensions field as data (RFC 6455 section 9.1). Knows no extension.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace switchboard::ws {

struct ExtensionParameter {
  std::string_view name;
  std::optional<std::string> value;  // a token; quotes and escapes are gone
};

struct Extension {
  std::string_view name;
  std::vector<ExtensionParameter> parameters;
};

/// Appends the extensions of one field, in order; names are views into `value`. False when it does not have the form
/// the RFC gives it: tokens, values that are tokens or quoted tokens. As in every list field (RFC 9110 section 5.6.1.2)
/// empty elements are passed over, so an empty value names none.
bool read_extensions(std::string_view value, std::vector<Extension>& out);

}  // namespace switchboard::ws
