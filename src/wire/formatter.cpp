#include "wire/formatter.h"

#include "protocol/push.h"

namespace switchboard::wire {

Formatted Formatter::write(std::string_view room_id, const broker::Publication& publication,
                           const PerFormat<std::uint64_t>& readers) {
  protocol::append(frame_.begin(), protocol::Publication{.room_id = room_id,
                                                         .content = publication.content,
                                                         .sender = publication.sender,
                                                         .seq = publication.seq,
                                                         .ts = publication.ts,
                                                         .to = publication.to});
  Formatted formatted;
  std::string_view& plain = formatted.bytes[index_of(Format::kJson)];
  plain = frame_.finish(ws::Opcode::kText);
  if (readers[index_of(Format::kJsonDeflated)] > 0) formatted.bytes[index_of(Format::kJsonDeflated)] = deflate(plain);
  return formatted;
}

/// The frame of the same message compressed; empty when that does not pay.
std::string_view Formatter::deflate(std::string_view frame) {
  const std::string_view payload = ws::payload_of(frame);
  if (!deflater_().deflate(payload, compressed_)) return {};
  counters_.messages.add();
  counters_.bytes_before.add(payload.size());
  counters_.bytes_after.add(compressed_.size());
  deflated_frame_.clear();
  ws::append_frame(deflated_frame_, ws::Opcode::kText, compressed_, ws::Encoding::kDeflated);
  return deflated_frame_;
}

}  // namespace switchboard::wire
