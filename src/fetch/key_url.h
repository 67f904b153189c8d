// Where a key set may be fetched from. Whoever can change one on its way can make tokens: it has to come over TLS.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace switchboard::fetch {

inline constexpr std::size_t kUrlBytesMax = 2'048;

enum class PlainHttp : std::uint8_t {
  kLoopbackOnly,  // 127.0.0.0/8, [::1], localhost
  kAnywhere,
};

/// Whether a text is meant as a URL and not as a file's name.
constexpr bool is_url(std::string_view text) {
  return text.starts_with("https://") || text.starts_with("http://");
}

/// "" when keys may be fetched from there, else what is wrong, as behind its name. Stricter than RFC 3986: no user, no
/// fragment, nothing that two readers of URLs could understand differently.
std::string problem_with_key_url(std::string_view url, PlainHttp plain_http = PlainHttp::kLoopbackOnly);

}  // namespace switchboard::fetch
