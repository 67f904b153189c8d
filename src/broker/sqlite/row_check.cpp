#include "broker/sqlite/row_check.h"

#include "base/checksum.h"

namespace switchboard::broker {

RowCheck& RowCheck::add_integer(std::int64_t value) {
  sum_ = checksum64({reinterpret_cast<const char*>(&value), sizeof value}, sum_);
  return *this;
}

RowCheck& RowCheck::add(std::string_view bytes) {
  sum_ = checksum64(bytes, sum_);  // which takes its length in
  return *this;
}

}  // namespace switchboard::broker
