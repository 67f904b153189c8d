// Why a broker did not do what it was asked. What clients are told for it is not its affair.
#pragma once

#include <cstdint>

namespace switchboard::broker {

enum class Failure : std::uint8_t {
  kUnavailable,  // nothing was done, or nobody knows; it may work later
  kUnreadable,   // what was asked for is not kept, or is damaged: it will not work later either
};

}  // namespace switchboard::broker
