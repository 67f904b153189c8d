// What clients are told when a broker could not do what they asked.
#pragma once

#include "broker/failure.h"
#include "protocol/error.h"

namespace switchboard::shard {

inline protocol::ErrorCode code_of(broker::Failure failure) {
  switch (failure) {
    case broker::Failure::kUnavailable:
      return protocol::ErrorCode::kUnavailable;
    case broker::Failure::kUnreadable:
      return protocol::ErrorCode::kHistoryUnavailable;
  }
  return protocol::ErrorCode::kInternal;
}

}  // namespace switchboard::shard
