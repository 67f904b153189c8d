#include "base/http_date.h"

#include <array>
#include <chrono>
#include <cstdio>

#include "base/assert.h"

namespace switchboard {
namespace {

// In English whatever the locale: the names are part of the format.
constexpr std::array<const char*, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<const char*, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

}  // namespace

std::string http_date(UnixMillis at) {
  using namespace std::chrono;
  const sys_time<seconds> time = floor<seconds>(sys_time<milliseconds>(milliseconds(at)));
  const sys_days day = floor<days>(time);
  const year_month_day on(day);
  const hh_mm_ss clock(time - day);
  const int year = static_cast<int>(on.year());
  SB_ASSERT(year >= 0 && year <= 9999);
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%s, %02u %s %04d %02d:%02d:%02d GMT", kDays[weekday(day).c_encoding()],
                static_cast<unsigned>(on.day()), kMonths[static_cast<unsigned>(on.month()) - 1], year,
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text.data();
}

}  // namespace switchboard
