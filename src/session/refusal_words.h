// What a client is told of a refusal by its host, in words for its developer.
#pragma once

#include <string_view>

#include "session/reply.h"

namespace switchboard::session {

std::string_view words_of(const Refused& refused);

}  // namespace switchboard::session
