// How much a store is given at a time.
#pragma once

#include <cstddef>

namespace switchboard::broker {

/// In publishes that it has not answered; one is always given.
struct StoreWindow {
  std::size_t messages = 2'048;
  std::size_t bytes = 256u << 10;
};

}  // namespace switchboard::broker
