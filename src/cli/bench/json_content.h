// Contents that look like what applications send, for what depends on it: how well messages compress, above all.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace switchboard::cli::bench {

/// The shortest such content.
inline constexpr std::uint32_t kJsonContentBytesMin = 256;

/// Appends a JSON object of exactly `bytes` bytes (kJsonContentBytesMin or more), as a chat's message might be: names
/// that recur, and English text that differs from number to number. `stamp` is its id and needs no escapes.
void append_json_content(std::string& out, std::string_view stamp, std::uint32_t number, std::uint32_t bytes);

}  // namespace switchboard::cli::bench
