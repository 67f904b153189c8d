#include "wire/page.h"

#include <string>

#include "base/assert.h"
#include "broker/publication.h"
#include "wire/json_writer.h"
#include "ws/frame_writer.h"

namespace switchboard::wire {
namespace {

/// What a message in this room takes besides its record, about.
std::size_t bytes_around(std::string_view room_id) {
  return room_id.size() + 100;
}

}  // namespace

SharedPage make_page(const broker::Page& records, std::string_view room_id, Format format) {
  SB_ASSERT(format == plain_of(format));
  auto page = std::make_shared<Page>();
  page->epoch = records.epoch;
  page->oldest = records.oldest;
  page->newest = records.newest;
  page->gap_end = records.gap_end;
  page->first = records.first;
  page->fresh_until = records.fresh_until;
  page->ends.reserve(records.size());
  page->bytes.reserve(records.bytes.size() + records.size() * bytes_around(room_id));
  JsonWriter writer(room_id);
  broker::Publication publication;  // is filled in, and copied nowhere: what is stored cannot be loaded at once
  for (std::size_t i = 0; i < records.size(); ++i) {
    const Seq seq = records.first.plus(i);
    if (!broker::read_record(records.message(i), seq, publication)) {
      if (i == 0) page->gap_end = seq.next();
      break;
    }
    const std::size_t bytes = writer.prepare(publication);
    const std::size_t before = page->bytes.size();
    const std::size_t after = before + ws::server_header_bytes(bytes) + bytes;
    page->bytes.resize_and_overwrite(after, [&](char* begin, std::size_t) {
      char* const frame = begin + before;
      writer.write(frame + ws::write_server_header(frame, ws::Opcode::kText, bytes));
      return after;
    });
    page->ends.push_back(static_cast<std::uint32_t>(page->bytes.size()));
  }
  if (page->bytes.size() < page->bytes.capacity() / 4 * 3) page->bytes.shrink_to_fit();  // pages are kept for a while
  return page;
}

std::string_view text_of(std::string_view message, Format format) {
  SB_ASSERT(format == Format::kJson);
  return ws::payload_of(message);
}

}  // namespace switchboard::wire
