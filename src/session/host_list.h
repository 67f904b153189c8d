// Under which names clients may ask for the server, by their request's Host (RFC 9110 section 7.2).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace switchboard::session {

/// "a.example", "a.example:8080", "[::1]:8080", taken apart. Views of the text it was made from.
struct HostAndPort {
  std::string_view host;  // an IPv6 address with its brackets; a name without the dot that may end it
  std::optional<std::uint16_t> port;

  /// Nothing when it is no host and port: no user, path, white space or other characters than a name has ('*' is one,
  /// for patterns).
  static std::optional<HostAndPort> parse(std::string_view text);
};

/// True when they are the same without regard to case, or both an IPv6 address, however written; or when `pattern`
/// begins with "*." and `host` ends with the rest and has at least one label before it.
bool host_matches(std::string_view pattern, std::string_view host);

/// Entries are "a.example" (any port), "a.example:8080" (only that), "*.a.example" (any name below it). No entries: any
/// Host.
class HostList {
 public:
  HostList() = default;
  HostList(std::vector<std::string> entries) : entries_(std::move(entries)) {}

  /// O(number of entries), allocates nothing.
  bool allows(std::string_view host) const;

  /// "" or what is wrong with an entry, in words.
  static std::string problem_with(std::string_view entry);

 private:
  std::vector<std::string> entries_;
};

}  // namespace switchboard::session
