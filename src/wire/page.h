// A stretch of a room's history on its way to members: as its broker read it, written in a format, ready to be sent.
// Immutable and shared: everybody who reads the same stretch in the same format has the same page, on every shard.
#pragma once

#include <expected>
#include <memory>
#include <string_view>

#include "broker/failure.h"
#include "broker/page.h"
#include "wire/format.h"

namespace switchboard::wire {

/// In messages of one format, not compressed.
struct Page : broker::Stretch {};

using SharedPage = std::shared_ptr<const Page>;
using PageOrError = std::expected<SharedPage, broker::Failure>;

/// `format` is one that is not compressed. A record that is none ends the page before it; when it is the first, the
/// page is empty and says so (`gap_end`).
SharedPage make_page(const broker::Page& records, std::string_view room_id, Format format);

/// What a message of a page says without its framing: in kJson its JSON text.
std::string_view text_of(std::string_view message, Format format);

}  // namespace switchboard::wire
