#include "broker/publication.h"

#include <gtest/gtest.h>
#include <string>

#include "base/random.h"

namespace switchboard::broker {
namespace {

std::string record_of(const Publication& publication) {
  std::string record;
  append_record(record, publication);
  return record;
}

TEST(Publication, ARecordSaysAllButTheNumber) {
  const std::string long_name(65'535, 'n');
  EXPECT_EQ(read_record(record_of(Publication()), {}), Publication()) << "views of nothing";
  for (const std::string_view sender : {"", "ann", "\xC3\xA4\"\\", long_name.c_str()}) {
    for (const std::string_view to : {"", "bob", long_name.c_str()}) {
      for (const std::string_view content : {"", "1", R"({"k":[1,2]})"}) {
        for (const UnixMillis ts : {UnixMillis{0}, UnixMillis{1'764'000'000'000}, UnixMillis{-5}}) {
          const Publication publication{.seq = Seq{7}, .ts = ts, .content = content, .sender = sender, .to = to};
          const std::string record = record_of(publication);
          EXPECT_EQ(record.size(), record_bytes(publication));
          EXPECT_EQ(read_record(record, Seq{7}), publication);
        }
      }
    }
  }
}

TEST(Publication, RecordsAreAppendedWhateverTheBuffersSizeIs) {
  // Where a string grows, and by how much, is the library's business.
  std::string all;
  std::string expected;
  for (int i = 0; i < 200; ++i) {
    const std::string content(static_cast<std::size_t>(i), 'c');
    const Publication publication{.seq = {}, .ts = i, .content = content, .sender = "s"};
    append_record(all, publication);
    expected += record_of(publication);
    ASSERT_EQ(all, expected);
  }
}

TEST(Publication, WhatIsNoRecordIsNone) {
  const std::string record =
      record_of({.seq = {}, .ts = 1, .content = "", .sender = "ann", .to = "bob"});  // nothing that could be content
  for (std::size_t bytes = 0; bytes < record.size(); ++bytes)
    EXPECT_FALSE(read_record(std::string_view(record).substr(0, bytes), {})) << bytes;
  std::string unknown = record;
  unknown[0] = 2;
  EXPECT_FALSE(read_record(unknown, {})) << "a flag that is not known";
}

TEST(Publication, AnyBytesAreReadWithinTheirBounds) {
  Random random(3);
  for (int i = 0; i < 100'000; ++i) {
    std::string bytes(random.below(40), '\0');
    for (char& byte : bytes)
      byte = static_cast<char>(random.below(3) == 0 ? random.below(256) : random.below(6));
    const auto publication = read_record(bytes, Seq{1});
    if (!publication) continue;
    const std::size_t read = publication->sender.size() + publication->to.size() + publication->content.size();
    EXPECT_LE(read, bytes.size());
  }
}

}  // namespace
}  // namespace switchboard::broker
