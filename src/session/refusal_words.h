// What a client is told of a refusal by its host, in words for its developer.
#pragma once

#include <string_view>

#include "protocol/error.h"

namespace switchboard::session {

std::string_view words_of_refused_join(protocol::ErrorCode code);
std::string_view words_of_refused_publish(protocol::ErrorCode code);
std::string_view words_of_refused_history(protocol::ErrorCode code);
std::string_view words_of_refused_presence(protocol::ErrorCode code);

}  // namespace switchboard::session
