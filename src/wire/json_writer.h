// Writes many messages of one room as JSON text, one after the other, as a page of history has them: what one has in
// common with the one before is not written again. Each is byte for byte what `append` of protocol/push.h writes.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "broker/publication.h"

namespace switchboard::wire {

class JsonWriter {
 public:
  explicit JsonWriter(std::string_view room_id);

  /// How many bytes that one takes. It must live until `write`.
  std::size_t prepare(const broker::Publication& publication);
  /// Writes what was prepared; returns where it ends.
  char* write(char* at) const;

 private:
  bool count_up();
  void write_tail(const broker::Publication& publication);

  std::string head_;  // up to the content
  std::string tail_;  // what follows on it
  const broker::Publication* publication_ = nullptr;
  // What `tail_` says.
  std::string sender_;
  std::string to_;
  Seq seq_;
  UnixMillis ts_ = 0;
  std::size_t seq_begin_ = 0;  // where its number stands in there
  std::size_t seq_end_ = 0;
};

}  // namespace switchboard::wire
