#include "http/visible_text.h"

namespace switchboard::http {

std::string visible_text(std::string_view text, std::size_t bytes_max) {
  constexpr std::string_view kHexDigits = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text.substr(0, bytes_max)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out.append({'\\', c});
    } else if (byte >= 0x20 && byte < 0x7f) {
      out.push_back(c);
    } else {
      out.append({'\\', 'x', kHexDigits[byte >> 4], kHexDigits[byte & 0xF]});
    }
  }
  return out.append(text.size() > bytes_max ? "\"..." : "\"");
}

}  // namespace switchboard::http
