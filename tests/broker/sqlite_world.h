// A store's writer and readers on a real file in a folder of its own, without threads: a test moves the clock, hands in
// batches and looks what came of them.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <gtest/gtest.h>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "broker/publication.h"
#include "broker/sqlite/reader.h"
#include "broker/sqlite/writer.h"

namespace switchboard::broker {

class HandClock final : public Clock {
 public:
  Instant now() const override { return now_; }
  UnixMillis unix_ms() const override {
    return 1'700'000'000'000 + (now_.time_since_epoch() + wall_ahead_).count() / 1'000'000;
  }
  void advance(Duration by) { now_ += by; }
  /// The wall's clock is set: so far ahead of where it would be.
  void set_wall_ahead(Duration by) { wall_ahead_ = by; }
  /// The machine is started anew, and its clock that only goes forwards begins at 0.
  void start_machine() {
    wall_ahead_ += now_.time_since_epoch();
    now_ = Instant{};
  }

 private:
  Instant now_ = Instant(std::chrono::hours(1));
  Duration wall_ahead_{};
};

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "sqlite_test.XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

class SqliteTest : public testing::Test {
 protected:
  SqliteTest() { settings.file = (folder.path() / "history.db").string(); }

  /// Opens, or opens again as after the process was killed.
  std::optional<std::string> open() {
    reader.reset();
    writer.reset();
    status = std::make_unique<StoreStatus>();
    writer = std::make_unique<Writer>(settings,
                                      StoreSurroundings{.clock = clock,
                                                        .boot_id = boot_id,
                                                        .seed = ++seed,
                                                        .limits = limits,
                                                        .may_open = nullptr,
                                                        .on_closed =
                                                            [this] {
                                                              if (reader != nullptr) reader->follow();
                                                            }},
                                      *status);
    auto error = writer->open();
    reader = std::make_unique<Reader>(settings, writer->rooms(), writer->opened(), writer->ages(), clock, *status);
    return error;
  }

  static StorePublish message(std::string room, std::string content, std::string dedup = {}) {
    StorePublish made;
    made.room_id = std::move(room);
    made.content = std::move(content);
    made.sender = "ann";
    made.dedup = std::move(dedup);
    return made;
  }

  /// Empty when nobody knows what became of it.
  std::vector<StoreAnswer> run(std::vector<StoreRequest> requests) {
    std::vector<StoreAnswer> answers;
    if (writer->is_unsettled()) writer->settle(answers);
    writer->run_batch(requests, answers);
    return answers;
  }
  /// One whose outcome is unknown is refused here.
  StoreAnswer publish(StorePublish publish) {
    std::vector<StoreRequest> requests;
    requests.push_back({.ticket = 7, .what = std::move(publish)});
    std::vector<StoreAnswer> answers = run(std::move(requests));
    if (answers.empty()) return {.ticket = 7, .what = StoreFailed{Failure::kUnavailable}};
    return std::move(answers.front());
  }
  StoreAnswer open_room(const std::string& room) {
    std::vector<StoreRequest> requests;
    requests.push_back({.ticket = 8, .what = StoreOpen{.room_id = room}});
    return std::move(run(std::move(requests)).at(0));
  }
  StoreOpened opened(const std::string& room) { return std::get<StoreOpened>(open_room(room).what); }
  StoreCommitted committed(StorePublish message) { return std::get<StoreCommitted>(publish(std::move(message)).what); }
  void publish_many(const std::string& room, int count, std::size_t bytes = 1) {
    std::vector<StoreRequest> requests;
    for (int i = 0; i < count; ++i) {
      StorePublish each = message(room, "\"" + std::string(bytes, 'x') + "\"");
      each.retention = retention;
      requests.push_back({.what = std::move(each)});
    }
    for (const StoreAnswer& answer : run(std::move(requests)))
      ASSERT_TRUE(std::holds_alternative<StoreCommitted>(answer.what));
  }

  SharedPage read(const std::string& room, std::uint64_t from, std::uint64_t until, bool newest = false,
                  std::uint32_t messages_max = 256, std::uint32_t bytes_max = 256 * 1024) {
    const PageOrError page = reader->read({.room_id = room,
                                           .range = {.from = Seq{from},
                                                     .until = Seq{until},
                                                     .messages_max = messages_max,
                                                     .bytes_max = bytes_max,
                                                     .newest = newest}});
    return page.has_value() ? *page : nullptr;
  }
  /// "3..5", or "" for an empty page.
  static std::string range_of(const SharedPage& page) {
    if (page == nullptr) return "error";
    if (page->empty()) return "";
    return std::to_string(page->first.value) + ".." + std::to_string(page->end().value - 1);
  }

  /// All that there is to do now.
  void tidy() {
    for (int slices = 0; writer->run_upkeep(); ++slices)
      ASSERT_LT(slices, 10'000);
  }
  void tidy_after(Duration by) {
    clock.advance(by);
    tidy();
  }
  /// Once over all rooms, which the walk over them takes in slices.
  void walk() {
    for (int i = 0; i < 200; ++i)
      tidy_after(std::chrono::seconds(1));
  }

  TemporaryFolder folder;
  HandClock clock;
  SqliteSettings settings;
  UpkeepLimits limits;
  std::string boot_id = "boot-1";
  std::uint64_t seed = 1;
  room::Retention retention;
  std::unique_ptr<StoreStatus> status;
  std::unique_ptr<Writer> writer;
  std::unique_ptr<Reader> reader;
};

inline bool is_unavailable(const StoreAnswer& answer) {
  const auto* failed = std::get_if<StoreFailed>(&answer.what);
  return failed != nullptr && failed->failure == Failure::kUnavailable;
}

}  // namespace switchboard::broker
