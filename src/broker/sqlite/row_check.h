// What is stored with a row so that it can be believed when it is read again: one checksum over everything the row says
// and where it belongs. In SQL it is the function row_check(...), with the same result for the same values.
#pragma once

#include <concepts>
#include <cstdint>
#include <string_view>

namespace switchboard::broker {

class RowCheck {
 public:
  template <std::integral Integer>
  RowCheck& add(Integer value) {
    return add_integer(static_cast<std::int64_t>(value));
  }
  /// Text or a blob; its length counts, too.
  RowCheck& add(std::string_view bytes);

  /// As it is stored: SQLite's integers have a sign.
  std::int64_t value() const { return static_cast<std::int64_t>(sum_); }

 private:
  RowCheck& add_integer(std::int64_t value);

  std::uint64_t sum_ = 0;
};

template <class... Values>
std::int64_t row_check(const Values&... values) {
  RowCheck check;
  (check.add(values), ...);
  return check.value();
}

}  // namespace switchboard::broker
