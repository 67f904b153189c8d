#include "broker/publication.h"

#include <bit>
#include <cstring>
#include <limits>

#include "base/assert.h"

namespace switchboard::broker {
namespace {

static_assert(std::endian::native == std::endian::little, "as in the file");

using record::kHasTo;
using record::kHeadBytes;
using record::NameBytes;

char* put(char* at, const void* from, std::size_t bytes) {
  if (bytes > 0) std::memcpy(at, from, bytes);  // what is empty may be nowhere
  return at + bytes;
}

}  // namespace

std::size_t record_bytes(const Publication& publication) {
  const std::size_t to_bytes = publication.to.empty() ? 0 : sizeof(NameBytes) + publication.to.size();
  return kHeadBytes + publication.sender.size() + to_bytes + publication.content.size();
}

void append_record(std::string& out, const Publication& publication) {
  SB_ASSERT(publication.sender.size() <= std::numeric_limits<NameBytes>::max());
  SB_ASSERT(publication.to.size() <= std::numeric_limits<NameBytes>::max());
  const std::size_t before = out.size();
  const std::size_t after = before + record_bytes(publication);
  out.resize_and_overwrite(after, [&](char* begin, std::size_t) {  // (libstdc++ 12 passes more than it was asked for)
    char* at = begin + before;
    *at++ = static_cast<char>(publication.to.empty() ? 0 : kHasTo);
    at = put(at, &publication.ts, sizeof publication.ts);
    const auto sender_bytes = static_cast<NameBytes>(publication.sender.size());
    at = put(at, &sender_bytes, sizeof sender_bytes);
    if (!publication.to.empty()) {
      const auto to_bytes = static_cast<NameBytes>(publication.to.size());
      at = put(at, &to_bytes, sizeof to_bytes);
    }
    at = put(at, publication.sender.data(), publication.sender.size());
    at = put(at, publication.to.data(), publication.to.size());
    put(at, publication.content.data(), publication.content.size());
    return after;
  });
}

}  // namespace switchboard::broker
