// Which web pages may connect, by the Origin that their browser sends (RFC 6454; RFC 6455 section 10.2).
#pragma once

#include <cstdint>
#include <expected>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace switchboard::session {

/// A scheme, a host and a port, taken apart. Views of the text it was made from.
struct OriginParts {
  std::string_view scheme;
  std::string_view host;   // an IPv6 address with its brackets
  std::uint16_t port = 0;  // the scheme's own when none is given; 0 when it has none

  /// "https://a.example", "http://[::1]:3000". The error is what is wrong with it, in words.
  static std::expected<OriginParts, const char*> parse(std::string_view text);
};

/// Entries are
///   "*"                       any page, also those whose origin is "null" or no origin at all
///   "https://a.example"       exactly this scheme, host and port; a scheme's own port may be left out
///   "https://*.a.example"     any host below a.example, one label or more; not a.example itself
///   "null"                    pages without an origin of their own: files, sandboxed frames
/// Scheme and host compare without regard to case. No entries: no page may connect.
class OriginList {
 public:
  OriginList() = default;
  OriginList(std::vector<std::string> entries) : entries_(std::move(entries)) {}
  OriginList(std::initializer_list<std::string> entries) : entries_(entries) {}

  /// `origin` is a request's Origin, not empty. O(number of entries), allocates nothing.
  bool allows(std::string_view origin) const;

  bool empty() const { return entries_.empty(); }

  /// "" or what is wrong with an entry, in words.
  static std::string problem_with(std::string_view entry);

 private:
  std::vector<std::string> entries_;
};

}  // namespace switchboard::session
