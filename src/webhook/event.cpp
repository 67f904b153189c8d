#include "webhook/event.h"

#include <chrono>
#include <cstdio>

namespace switchboard::webhook {

std::optional<EventTypes> event_types_of(std::string_view pattern) {
  const bool has_star = pattern == "*" || pattern.ends_with(".*");
  const std::string_view beginning = has_star ? pattern.substr(0, pattern.size() - 1) : pattern;
  EventTypes types;
  for (std::size_t i = 0; i < kEventTypes; ++i) {
    if (has_star ? kEventNames[i].starts_with(beginning) : kEventNames[i] == pattern) types.add(EventType(i));
  }
  if (types.bits() == 0) return std::nullopt;
  return types;
}

std::string timestamp_text(UnixMillis at) {
  using namespace std::chrono;
  const sys_time<milliseconds> time{milliseconds(at)};
  const sys_days day = floor<days>(time);
  const year_month_day on(day);
  const hh_mm_ss clock(time - day);
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(on.year()),
                static_cast<unsigned>(on.month()), static_cast<unsigned>(on.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()), static_cast<int>(clock.subseconds().count()));
  return text.data();
}

}  // namespace switchboard::webhook
