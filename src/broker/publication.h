// A message of a room as it is put in order and kept: who said what, when, under which number. How it is written for
// those who read it is not known here. Where it is kept it is a record: its bytes but for the number, which is known
// from where it stands.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "base/seq.h"
#include "base/time.h"

namespace switchboard::broker {

/// Views of whatever holds it.
struct Publication {
  Seq seq;
  UnixMillis ts = 0;         // when it was committed, by the wall's clock
  std::string_view content;  // JSON text
  std::string_view sender;
  std::string_view to = {};  // of the sender's own copy of a direct message: whom it went to; else ""
  friend bool operator==(const Publication&, const Publication&) = default;
};

/// Appends its record: a byte of flags (1: it has a `to`), `ts` in 8 bytes, the lengths of `sender` and, where it has
/// one, `to` in 2 bytes each, these two, and `content` up to the end. Little endian. Names are at most 65,535 bytes.
void append_record(std::string& out, const Publication& publication);
/// Exactly as many bytes as that appends.
std::size_t record_bytes(const Publication& publication);

/// The bytes of a record.
namespace record {

using NameBytes = std::uint16_t;
inline constexpr std::uint8_t kHasTo = 1;
/// What every record begins with.
inline constexpr std::size_t kHeadBytes = 1 + sizeof(UnixMillis) + sizeof(NameBytes);

template <class Number>
Number number_at(std::string_view bytes, std::size_t at) {
  Number number;
  std::memcpy(&number, bytes.data() + at, sizeof number);
  return number;
}

}  // namespace record

/// What a record says; views of it. False, leaving it as it was, when it is none. Inline: pages of history are read
/// with it, message by message.
inline bool read_record(std::string_view bytes, Seq seq, Publication& publication) {
  if (bytes.size() < record::kHeadBytes) return false;
  const auto flags = static_cast<std::uint8_t>(bytes[0]);
  if ((flags & ~record::kHasTo) != 0) return false;  // one that is not known may change what the rest means
  const bool has_to = flags != 0;
  const std::size_t names_at = record::kHeadBytes + (has_to ? sizeof(record::NameBytes) : 0);
  if (bytes.size() < names_at) return false;
  const std::size_t sender_bytes =
      record::number_at<record::NameBytes>(bytes, record::kHeadBytes - sizeof(record::NameBytes));
  const std::size_t to_bytes = has_to ? record::number_at<record::NameBytes>(bytes, record::kHeadBytes) : 0;
  const std::size_t content_at = names_at + sender_bytes + to_bytes;
  if (bytes.size() < content_at) return false;
  publication.seq = seq;
  publication.ts = record::number_at<UnixMillis>(bytes, 1);
  publication.content = {bytes.data() + content_at, bytes.size() - content_at};
  publication.sender = {bytes.data() + names_at, sender_bytes};
  publication.to = {bytes.data() + names_at + sender_bytes, to_bytes};
  return true;
}
/// The same; none when it is none.
inline std::optional<Publication> read_record(std::string_view bytes, Seq seq) {
  Publication publication;
  return read_record(bytes, seq, publication) ? std::optional(publication) : std::nullopt;
}

}  // namespace switchboard::broker
