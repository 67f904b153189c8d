// Appends texts as JSON strings.
#pragma once

#include <string>
#include <string_view>

#include "protocol/json_string.h"

namespace switchboard::api {

/// `text`: valid UTF-8.
inline void append_json(std::string& out, std::string_view text) {
  const std::size_t before = out.size();
  out.resize_and_overwrite(before + protocol::written_bytes_max(text.size()), [&](char* data, std::size_t) {
    return static_cast<std::size_t>(protocol::write_string(data + before, text) - data);
  });
}

}  // namespace switchboard::api
