// The parameters of a request's target, and texts that are escaped for one.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/visible_text.h"

namespace switchboard::api {

/// RFC 3986 section 2.1; none for an escape that is none.
std::optional<std::string> unescaped(std::string_view text);
/// The same in a query: there '+' is a blank, too. So most libraries write one, after HTML's forms, and a '+' as %2B.
std::optional<std::string> unescaped_in_query(std::string_view text);

/// The parameters of a target, each known and there once at most.
class QueryReader {
 public:
  explicit QueryReader(std::string_view target) {
    const std::size_t question = target.find('?');
    if (question != std::string_view::npos) rest_ = target.substr(question + 1);
  }

  /// Calls take(name, value) for each; what that returns, if anything, ends it.
  template <class F>
  std::optional<std::string> each(F&& take) {
    std::vector<std::string> seen;
    while (!rest_.empty()) {
      const std::size_t end = std::min(rest_.find('&'), rest_.size());
      const std::string_view pair = rest_.substr(0, end);
      rest_.remove_prefix(std::min(end + 1, rest_.size()));
      const std::size_t equals = std::min(pair.find('='), pair.size());
      const auto name = unescaped_in_query(pair.substr(0, equals));
      const auto value = unescaped_in_query(pair.substr(std::min(equals + 1, pair.size())));
      if (!name || !value) return "the query has an escape that is none";
      if (std::ranges::find(seen, *name) != seen.end())
        return "the query has " + http::visible_text(*name, 40) + " twice";
      seen.push_back(*name);
      if (auto problem = take(*name, *value)) return problem;
    }
    return std::nullopt;
  }

 private:
  std::string_view rest_;
};

/// A whole number of that range, into `out`; else what is wrong, in words that begin with its name.
std::optional<std::string> take_number(std::string_view name, std::string_view text, std::uint64_t from,
                                       std::uint64_t to, std::uint64_t& out);

}  // namespace switchboard::api
