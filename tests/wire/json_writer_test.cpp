#include "wire/json_writer.h"

#include <gtest/gtest.h>
#include <string>

#include "base/random.h"
#include "protocol/push.h"

namespace switchboard::wire {
namespace {

TEST(JsonWriter, WritesWhatTheyAreWrittenAsOneByOne) {
  Random random(5);
  const std::string texts[] = {"", "ann", "\"\\\n\x01", "\xC3\xA4\xE2\x82\xAC", std::string(300, 'n')};
  const auto any = [&]() -> const std::string& { return texts[random.below(std::size(texts))]; };
  JsonWriter of_nothing("lobby");
  const broker::Publication nothing;
  std::string written_of_nothing(of_nothing.prepare(nothing), '\0');
  of_nothing.write(written_of_nothing.data());
  for (const std::string room_id : {"lobby", "a\"b\x02", "@bob", ""}) {
    JsonWriter writer(room_id);
    Seq seq;
    std::string sender;
    std::string to;
    UnixMillis ts = 0;
    for (int i = 0; i < 2'000; ++i) {
      // Mostly the next one, of the same sender and time: then only the number is another.
      seq = random.below(50) == 0 ? Seq{random.next() >> random.below(64)} : seq.next();
      if (random.below(5) == 0) sender = any();
      if (random.below(5) == 0) to = room_id == "@bob" ? any() : "";
      if (random.below(5) == 0) ts = static_cast<UnixMillis>(random.below(3)) - 1;
      const broker::Publication publication{.seq = seq, .ts = ts, .content = any(), .sender = sender, .to = to};
      std::string expected;
      protocol::append(expected, protocol::Publication{.room_id = room_id,
                                                       .content = publication.content,
                                                       .sender = publication.sender,
                                                       .seq = publication.seq,
                                                       .ts = publication.ts,
                                                       .to = publication.to});
      std::string written(writer.prepare(publication), '\0');
      ASSERT_EQ(writer.write(written.data()), written.data() + written.size());
      ASSERT_EQ(written, expected);
    }
  }
}

}  // namespace
}  // namespace switchboard::wire
