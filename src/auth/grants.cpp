#include "auth/grants.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <map>

#include "protocol/field_value.h"
#include "protocol/json_array.h"
#include "protocol/json_scanner.h"
#include "protocol/json_string.h"

namespace switchboard::auth {
namespace {

using protocol::JsonMember;
using protocol::JsonScanner;

// A rule is its rights (one byte; kDirect for a pattern of users), the length of its pattern (two bytes, the low one
// first) and the pattern. In a pattern kStar stands for any text and kUser for the user that asks: ids have no control
// characters, so neither can be meant literally. One string instead of a list of objects, because every connection with
// a token of its own has one.
constexpr char kStar = '\x01';
constexpr char kUser = '\x02';
constexpr char kDirect = '\x80';
constexpr std::size_t kRuleHeadBytes = 3;
constexpr std::string_view kUserPlaceholder = "{user_id}";
constexpr std::size_t kShownBytesMax = 60;
constexpr std::size_t kDepthMax = 8;

/// Of the client's text, in an error.
std::string quoted(std::string_view text) {
  const bool is_cut = text.size() > kShownBytesMax;
  if (is_cut) {
    text = text.substr(0, kShownBytesMax);
    while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xC0) == 0x80)
      text.remove_suffix(1);  // the rest of a character that was cut ...
    if (!text.empty() && static_cast<unsigned char>(text.back()) >= 0x80)
      text.remove_suffix(1);  // ... and its beginning
  }
  return "\"" + std::string(text) + (is_cut ? "...\"" : "\"");
}

std::string list_of_rights() {
  std::string out;
  for (const std::string_view name : room::kRightNames) {
    if (!out.empty()) out += ", ";
    out += name;
  }
  return out;
}

// --- limits --------------------------------------------------------------------------------------------------------

constexpr std::string_view kRoomsLimit = "rooms";
constexpr std::string_view kPerSecond = "_per_second";
constexpr std::string_view kBurst = "_burst";

struct Range {
  std::uint32_t min;
  std::uint32_t max;
};

/// None: there is no limit of that name.
std::optional<Range> range_of_limit(std::string_view name) {
  if (name == kRoomsLimit) return Range{1, kGrantedRoomsMax};
  for (const std::string_view operation : room::kOperationNames) {
    if (!name.starts_with(operation)) continue;
    const std::string_view rest = name.substr(operation.size());
    if (rest == kPerSecond || rest == kBurst) return Range{0, room::kRateMax};
  }
  return std::nullopt;
}

std::string list_of_limits() {
  std::string out = "`" + std::string(kRoomsLimit) + "`, and `_per_second` and `_burst` of";
  for (const std::string_view operation : room::kOperationNames)
    out.append(operation == room::kOperationNames.front() ? " " : ", ").append(operation);
  return out;
}

// --- matching ------------------------------------------------------------------------------------------------------

/// The part of a pattern behind its star, compared from the end.
bool matches_end(std::string_view pattern, std::string_view text, std::string_view user_id) {
  while (!pattern.empty()) {
    if (pattern.back() == kUser) {
      if (user_id.empty() || !text.ends_with(user_id)) return false;
      text.remove_suffix(user_id.size());
    } else {
      if (!text.ends_with(pattern.back())) return false;
      text.remove_suffix(1);
    }
    pattern.remove_suffix(1);
  }
  return true;
}

bool matches(std::string_view pattern, std::string_view text, std::string_view user_id) {
  while (!pattern.empty()) {
    const char c = pattern.front();
    if (c == kStar) return matches_end(pattern.substr(1), text, user_id);
    if (c == kUser) {
      if (user_id.empty() || !text.starts_with(user_id)) return false;
      text.remove_prefix(user_id.size());
    } else {
      if (!text.starts_with(c)) return false;
      text.remove_prefix(1);
    }
    pattern.remove_prefix(1);
  }
  return text.empty();
}

/// Takes the first rule off.
struct Rule {
  char rights;
  std::string_view pattern;

  static Rule take(std::string_view& rules) {
    const std::size_t bytes = static_cast<unsigned char>(rules[1]) + 256u * static_cast<unsigned char>(rules[2]);
    const Rule rule{rules[0], rules.substr(kRuleHeadBytes, bytes)};
    rules.remove_prefix(kRuleHeadBytes + bytes);
    return rule;
  }
};

// --- compiling -----------------------------------------------------------------------------------------------------

using Problem = std::unexpected<std::string>;

Problem problem(std::string_view where, std::string_view what) {
  return std::unexpected("`" + std::string(where) + "`: " + std::string(what));
}

class Compiler {
 public:
  std::expected<void, std::string> read(std::string_view json) {
    JsonScanner scanner(json, kDepthMax);
    if (!scanner.enter_object()) return std::unexpected("must be a JSON object with `rooms`, `direct` or `limits`");
    bool has_rooms = false, has_direct = false, has_limits = false;
    for (JsonMember member; scanner.next_member(member);) {
      if (!take_text("switchboard", member.key)) return std::unexpected(problem_);
      bool* const seen = text_ == "rooms" ? &has_rooms : text_ == "direct" ? &has_direct : &has_limits;
      if (seen == &has_limits && text_ != "limits") {
        return std::unexpected("has the unknown part " + quoted(text_) + "; there are `rooms`, `direct` and `limits`");
      }
      if (*seen) return std::unexpected("has `" + text_ + "` more than once");
      *seen = true;
      const bool is_read = seen == &has_rooms    ? read_rooms(member.value)
                           : seen == &has_direct ? read_direct(member.value)
                                                 : read_limits(member.value);
      if (!is_read) return std::unexpected(problem_);
    }
    if (!scanner.failed()) scanner.finish();
    if (scanner.failed() || !scanner.rest().empty()) return std::unexpected("is not valid JSON");
    return {};
  }

  /// `limits` by their names: "rooms", "joins_per_second", "joins_burst", ...
  std::optional<std::uint32_t> limit(std::string_view name) const {
    const auto found = limits_.find(name);
    return found == limits_.end() ? std::nullopt : std::optional(found->second);
  }
  std::optional<Rate> rate(std::string_view operation) const {
    const auto per_second = limit(std::string(operation).append(kPerSecond));
    if (!per_second) return std::nullopt;
    return Rate{.per_second = *per_second, .burst = limit(std::string(operation).append(kBurst)).value_or(0)};
  }

  std::string rules;

 private:
  bool fail(std::string_view where, std::string_view what) {
    problem_ = problem(where, what).error();
    return false;
  }

  /// A string's body, unescaped into `text_`.
  bool take_text(std::string_view where, std::string_view body) {
    if (body.size() > kPatternBytesMax * protocol::kEscapeBytesMax) return fail(where, "has a text that is too long");
    if (!protocol::unescape(body, text_)) return fail(where, "has half of a surrogate pair");
    return true;
  }

  bool read_rooms(std::string_view json) {
    JsonScanner scanner(json, kDepthMax);
    if (!scanner.enter_object())
      return fail("rooms", "must be an object: patterns of rooms, each with a list of rights");
    for (JsonMember member; scanner.next_member(member);) {
      if (!take_text("rooms", member.key)) return false;
      const std::string pattern = text_;
      if (pattern.starts_with('@')) {
        return fail("rooms", quoted(pattern) + " is a user's own room: that is nobody else's, and needs no right");
      }
      const auto rights = read_rights(pattern, member.value);
      if (!rights || !add_rule("rooms", static_cast<char>(rights->bits()), pattern)) return false;
    }
    return true;
  }

  std::optional<room::RightSet> read_rights(const std::string& pattern, std::string_view json) {
    const auto failed = [&](const std::string& what) {
      fail("rooms", quoted(pattern) + " " + what);
      return std::nullopt;
    };
    if (!protocol::is_json_array(json)) return failed("must have a list of rights: " + list_of_rights());
    room::RightSet rights;
    protocol::JsonArray list(json);
    for (std::string_view element; list.next(element);) {
      if (!protocol::is_json_string(element)) return failed("must have a list of texts: " + list_of_rights());
      if (!take_text("rooms", protocol::body_of(element))) return std::nullopt;
      const auto right = room::right_of(text_);
      if (!right) return failed("has the unknown right " + quoted(text_) + "; there are " + list_of_rights());
      rights |= room::RightSet(*right);
    }
    return rights;
  }

  bool read_direct(std::string_view json) {
    constexpr std::string_view kWhat = "must be a list of patterns of users";
    if (!protocol::is_json_array(json)) return fail("direct", kWhat);
    protocol::JsonArray list(json);
    for (std::string_view element; list.next(element);) {
      if (!protocol::is_json_string(element)) return fail("direct", kWhat);
      if (!take_text("direct", protocol::body_of(element)) || !add_rule("direct", kDirect, text_)) return false;
    }
    return true;
  }

  bool read_limits(std::string_view json) {
    JsonScanner scanner(json, kDepthMax);
    if (!scanner.enter_object()) return fail("limits", "must be an object");
    for (JsonMember member; scanner.next_member(member);) {
      if (!take_text("limits", member.key)) return false;
      const auto range = range_of_limit(text_);
      if (!range) return fail("limits", "has the unknown limit " + quoted(text_) + "; there are " + list_of_limits());
      if (limit(text_)) return fail("limits", "has `" + text_ + "` more than once");
      std::uint32_t number = 0;
      const char* const end = member.value.data() + member.value.size();
      const auto read = std::from_chars(member.value.data(), end, number);
      if (read.ec != std::errc{} || read.ptr != end || number < range->min || number > range->max) {
        return fail("limits", "`" + text_ + "` must be a whole number from " + std::to_string(range->min) + " to " +
                                  std::to_string(range->max));
      }
      limits_.emplace(text_, number);
    }
    for (const std::string_view operation : room::kOperationNames) {
      const std::string per_second = std::string(operation).append(kPerSecond);
      const std::string burst = std::string(operation).append(kBurst);
      if (limit(burst) && !limit(per_second)) {
        return fail("limits", "has `" + burst + "` without `" + per_second + "`");
      }
    }
    return true;
  }

  /// A pattern without a right says nothing, and takes no room.
  bool add_rule(std::string_view where, char rights, const std::string& pattern) {
    if (++patterns_ > kPatternsMax) return fail(where, "has more than " + std::to_string(kPatternsMax) + " patterns");
    const auto encoded = encode(where, pattern);
    if (!encoded) return false;
    if (rights == 0) return true;
    rules += rights;
    rules += static_cast<char>(encoded->size() & 0xFF);
    rules += static_cast<char>(encoded->size() >> 8);
    rules += *encoded;
    return true;
  }

  std::optional<std::string> encode(std::string_view where, const std::string& pattern) {
    const auto failed = [&](const std::string& what) {
      fail(where, quoted(pattern) + " " + what);
      return std::nullopt;
    };
    if (pattern.empty()) return failed("must not be empty");
    if (pattern.size() > kPatternBytesMax) {
      return failed("is longer than " + std::to_string(kPatternBytesMax) + " bytes");
    }
    if (protocol::has_control_character(pattern)) return failed("has a control character");
    std::string out;
    for (std::size_t at = 0; at < pattern.size();) {
      const std::string_view rest = std::string_view(pattern).substr(at);
      if (rest.starts_with(kUserPlaceholder)) {
        out += kUser;
        at += kUserPlaceholder.size();
        continue;
      }
      if (rest.front() == '{') return failed("has a '{' that does not begin {user_id}");
      if (rest.front() == '*' && out.find(kStar) != std::string::npos) return failed("has more than one *");
      out += rest.front() == '*' ? kStar : rest.front();
      ++at;
    }
    return out;
  }

  std::string problem_;
  std::string text_;
  std::map<std::string, std::uint32_t, std::less<>> limits_;
  std::size_t patterns_ = 0;
};

}  // namespace

std::expected<Grants, std::string> Grants::parse(std::string_view json) {
  Grants grants;
  if (json.empty()) return grants;
  Compiler compiler;
  if (auto read = compiler.read(json); !read) return std::unexpected(std::move(read.error()));
  compiler.rules.shrink_to_fit();
  grants.rules_ = std::move(compiler.rules);
  grants.rooms_max_ = compiler.limit(kRoomsLimit).value_or(0);
  Rates rates;
  std::ranges::transform(room::kOperationNames, rates.begin(),
                         [&](std::string_view operation) { return compiler.rate(operation); });
  const auto is_said = [](const std::optional<Rate>& rate) { return rate.has_value(); };
  if (std::ranges::any_of(rates, is_said)) grants.rates_ = std::make_shared<const Rates>(rates);
  return grants;
}

room::RightSet Grants::rights_in(std::string_view room_id, std::string_view user_id) const {
  room::RightSet rights;
  for (std::string_view rest = rules_; !rest.empty();) {
    const Rule rule = Rule::take(rest);
    if (rule.rights != kDirect && matches(rule.pattern, room_id, user_id)) {
      rights |= room::RightSet::of_bits(static_cast<unsigned char>(rule.rights));
    }
  }
  return rights;
}

bool Grants::may_write_to(std::string_view to_user_id, std::string_view user_id) const {
  for (std::string_view rest = rules_; !rest.empty();) {
    const Rule rule = Rule::take(rest);
    if (rule.rights == kDirect && matches(rule.pattern, to_user_id, user_id)) return true;
  }
  return false;
}

}  // namespace switchboard::auth
