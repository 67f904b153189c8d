#include "broker/sqlite/sqlite_store.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "base/random.h"
#include "broker/sqlite/checkpointer.h"
#include "broker/sqlite/lost_mapping.h"
#include "broker/sqlite/reader.h"
#include "broker/sqlite/sqlite_channel.h"
#include "broker/sqlite/writer.h"

namespace switchboard::broker {
namespace {

// A transaction writes at least six pages, however little is in it. So while a batch follows a batch, each begins this
// long after the one before: at 100,000 messages a second that writes half as much. A store with little to do commits
// at once.
constexpr Duration kBatchInterval = std::chrono::milliseconds(2);
constexpr std::size_t kBusyBatch = 32;  // messages in the batch before

// A call into the disk that takes longer is told. An fsync of much on a slow disk may take a second.
constexpr Duration kStuckAfter = std::chrono::seconds(2);

std::string boot_id() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  std::getline(file, id);
  return id;
}

/// A transaction must be small beside the file that it has to fit in.
SqliteSettings bounded(SqliteSettings settings) {
  settings.batch_bytes_max =
      static_cast<std::uint32_t>(std::min<std::uint64_t>(settings.batch_bytes_max, settings.store_bytes_max / 32));
  return settings;
}

}  // namespace

/// The threads and what they work on.
struct SqliteStore::Parts {
  struct ReaderThread {
    ReaderThread(Parts& parts, std::size_t index_)
        : index(index_),
          reader(parts.settings, parts.writer.rooms(), parts.writer.opened(), parts.writer.ages(), parts.clock,
                 parts.status) {}
    std::size_t index;
    Reader reader;
    Doorbell doorbell;
    std::thread thread;
  };

  struct Batch {
    std::vector<StoreRequest> requests;
    std::vector<std::size_t> bytes;     // of each request
    std::vector<std::uint32_t> shards;  // where it came from
  };

  Parts(const SqliteSettings& settings_, std::uint32_t shards, std::function<void(std::uint32_t)> wake_,
        std::function<std::optional<std::string>()> may_open, const Clock& clock_)
      : settings(bounded(settings_)),
        wake(std::move(wake_)),
        clock(clock_),
        writer(settings,
               {.clock = clock_,
                .boot_id = boot_id(),
                .seed = kernel_random(),
                .may_open = std::move(may_open),
                .on_closed = [this] { let_others_go(); },
                .give_way =
                    [this] {
                      if (give_way) give_way();
                    }},
               status),
        checkpointer(settings, writer.opened(), clock_, status, watch) {
    for (std::size_t i = 0; i < kReaderThreads; ++i)
      readers.push_back(std::make_unique<ReaderThread>(*this, i));
    for (std::uint32_t shard = 0; shard < shards; ++shard) {
      channels.push_back(std::make_unique<SqliteChannel>(settings.pending_bytes_max));
      channels.back()->writing().doorbell = &writer_doorbell;
      channels.back()->use(writer.opened());
      for (std::size_t i = 0; i < kReaderThreads; ++i)
        channels.back()->reading(i).doorbell = &readers[i]->doorbell;
    }
  }

  void write();
  void take_batch();
  void settle_batch();
  void checkpoint();
  void tell_opening();
  void let_others_go();
  void pace();
  void collect();
  void answer(Batch& answered);
  bool has_requests();
  void read(std::size_t index);

  const SqliteSettings settings;
  const std::function<void(std::uint32_t)> wake;
  const Clock& clock;
  StoreStatus status;
  WorkWatch watch;
  std::vector<std::unique_ptr<SqliteChannel>> channels;  // by shard

  Writer writer;
  Checkpointer checkpointer;
  Doorbell writer_doorbell;
  std::vector<std::unique_ptr<ReaderThread>> readers;
  std::thread writer_thread;
  std::atomic<bool> is_stopping{false};
  bool is_running = false;

  std::function<void()> give_way;  // the writer's thread does; null: never

  Batch batch;      // the writer's
  Batch unsettled;  // one whose outcome nobody knows yet
  std::vector<StoreAnswer> answers;
  std::size_t first_shard = 0;
  Instant next_batch{};
  std::uint32_t opening_told = 0;
};

// --- the writer's thread ---------------------------------------------------------------------------------------------

void SqliteStore::Parts::write() {
  for (;;) {
    const bool is_last = is_stopping.load(std::memory_order_acquire);
    if (!is_last) pace();
    collect();
    const std::size_t count = batch.requests.size();
    // Each step has its own time: many slices of upkeep are no disk that hangs.
    const auto step = [this](auto&& work) {
      if (give_way) give_way();
      const WorkWatch::Work working(watch, WorkWatch::kWriter, clock.now());
      return work();
    };
    step([this] { settle_batch(); });
    if (count > 0) step([this] { take_batch(); });
    const bool has_more = step([this] { return writer.run_upkeep(); });
    while (writer.is_pressed() && step([this] { return writer.run_upkeep(); })) {
    }
    step([this] { checkpoint(); });
    tell_opening();
    if (count > 0 || (has_more && !is_last)) continue;
    if (is_last) break;
    writer_doorbell.wait(writer.next_upkeep() - clock.now(),
                         [this] { return has_requests() || is_stopping.load(std::memory_order_acquire); });
  }
  if (!writer.is_unsettled()) return;
  writer.give_up_settling(answers);
  answer(unsettled);
}

/// Shards that are not asked for anything at the moment learn that the file was opened anew.
void SqliteStore::Parts::tell_opening() {
  const std::uint32_t number = writer.opened().number();
  if (number == 0 || std::exchange(opening_told, number) == number) return;
  for (std::uint32_t shard = 0; shard < channels.size(); ++shard)
    wake(shard);
}

void SqliteStore::Parts::take_batch() {
  writer.run_batch(batch.requests, answers);
  if (!answers.empty()) return answer(batch);
  unsettled = std::exchange(batch, {});
}

void SqliteStore::Parts::settle_batch() {
  if (writer.is_unsettled() && writer.settle(answers)) answer(unsettled);
}

void SqliteStore::Parts::checkpoint() {
  const Instant now = clock.now();
  const Checkpointer::Outcome outcome = checkpointer.take_outcome(writer.log_frames(), now);
  if (outcome != Checkpointer::Outcome::kNone) writer.end_checkpoint(outcome == Checkpointer::Outcome::kFailed);
  if (!checkpointer.is_due(writer.log_frames(), now)) return;
  writer.begin_checkpoint();
  checkpointer.begin();
}

void SqliteStore::Parts::let_others_go() {
  checkpointer.ring();
  for (const auto& reader : readers)
    reader->doorbell.ring();
}

void SqliteStore::Parts::pace() {
  const Instant now = clock.now();
  // Small batches follow each other as fast as they come: they must not add up to a debt.
  const bool is_early = batch.requests.size() >= kBusyBatch && now < next_batch;
  if (is_early) std::this_thread::sleep_for(next_batch - now);
  next_batch = (is_early ? next_batch : now) + kBatchInterval;
}

void SqliteStore::Parts::collect() {
  batch.requests.clear();
  batch.bytes.clear();
  batch.shards.clear();
  std::size_t bytes = 0;
  // Each batch begins with another shard, so that a full batch is not always the same one's.
  first_shard = (first_shard + 1) % channels.size();
  for (std::size_t i = 0; i < channels.size(); ++i) {
    const std::size_t shard = (first_shard + i) % channels.size();
    Mailbox<SqliteChannel::Request>& requests = channels[shard]->writing().requests;
    while (batch.requests.size() < settings.batch_messages_max && bytes < settings.batch_bytes_max) {
      SqliteChannel::Request* front = requests.front();
      if (front == nullptr) break;
      bytes += front->bytes;
      batch.bytes.push_back(front->bytes);
      batch.shards.push_back(static_cast<std::uint32_t>(shard));
      batch.requests.push_back(std::move(front->request));
      requests.pop();
    }
  }
}

void SqliteStore::Parts::answer(Batch& answered) {
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const std::uint32_t shard = answered.shards[i];
    const bool has_room =
        channels[shard]->writing().answers.try_push({.answer = std::move(answers[i]), .bytes = answered.bytes[i]});
    SB_ASSERT(has_room);  // as many as were submitted
    // Answers of one shard stand together.
    if (i + 1 == answers.size() || answered.shards[i + 1] != shard) wake(shard);
  }
}

bool SqliteStore::Parts::has_requests() {
  return std::any_of(channels.begin(), channels.end(),
                     [](const auto& channel) { return !channel->writing().requests.empty(); });
}

// --- a reader's thread -----------------------------------------------------------------------------------------------

void SqliteStore::Parts::read(std::size_t index) {
  ReaderThread& self = *readers[index];
  const auto has_work = [&] {
    return is_stopping.load(std::memory_order_acquire) || self.reader.must_follow() ||
           std::any_of(channels.begin(), channels.end(),
                       [&](const auto& channel) { return !channel->reading(index).requests.empty(); });
  };
  for (;;) {
    const bool is_last = is_stopping.load(std::memory_order_acquire);
    bool did_something = false;
    self.reader.follow();
    // One page for each shard in turn.
    for (std::uint32_t shard = 0; shard < channels.size(); ++shard) {
      SqliteChannel::Lane& lane = channels[shard]->reading(index);
      SqliteChannel::Request* front = lane.requests.front();
      if (front == nullptr) continue;
      SqliteChannel::Answer answer{.answer = {.ticket = front->request.ticket, .what = {}}, .bytes = front->bytes};
      PageOrError page = [&] {
        const WorkWatch::Work work(watch, WorkWatch::kFirstReader + index, clock.now());
        return self.reader.read(std::get<StoreRead>(front->request.what));
      }();
      if (page.has_value()) {
        answer.answer.what = std::move(*page);
      } else {
        answer.answer.what = StoreFailed{page.error()};
      }
      lane.requests.pop();
      const bool has_room = lane.answers.try_push(std::move(answer));
      SB_ASSERT(has_room);  // as many as were submitted
      wake(shard);
      did_something = true;
    }
    if (did_something) continue;
    if (is_last) return self.reader.let_go();
    self.doorbell.wait(std::chrono::seconds(60), has_work);
  }
}

// --- the store -------------------------------------------------------------------------------------------------------

std::expected<std::unique_ptr<SqliteStore>, std::string> SqliteStore::open(
    const SqliteSettings& settings, std::uint32_t shards, std::function<void(std::uint32_t shard)> wake,
    const Clock& clock, std::function<std::optional<std::string>()> may_open) {
  const std::filesystem::path folder = std::filesystem::path(settings.file).parent_path();
  std::error_code error;
  if (!folder.empty() && !std::filesystem::is_directory(folder, error))
    return std::unexpected("the folder of history.file, " + folder.string() + ", does not exist");
  catch_lost_mappings();
  auto parts = std::make_unique<Parts>(settings, shards, std::move(wake), std::move(may_open), clock);
  if (auto fault = parts->writer.open()) return std::unexpected(std::move(*fault));
  return std::unique_ptr<SqliteStore>(new SqliteStore(std::move(parts)));
}

SqliteStore::SqliteStore(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

SqliteStore::~SqliteStore() {
  stop();
}

StoreChannel& SqliteStore::channel(std::uint32_t shard) {
  return *parts_->channels[shard];
}

StoreStatus& SqliteStore::status() {
  return parts_->status;
}

void SqliteStore::start(const BeginThread& begin_thread) {
  SB_ASSERT(!parts_->is_running);
  parts_->is_running = true;
  const auto begin = [parts = parts_.get(), begin_thread](const char* name, std::size_t worker) {
    WorkerThread thread = begin_thread ? begin_thread(name) : WorkerThread{};
    parts->watch.begin(worker, std::move(thread.active));
    return thread.give_way;
  };
  parts_->checkpointer.start([begin] { return begin("store-sync", WorkWatch::kCheckpointer); });
  for (std::size_t i = 0; i < kReaderThreads; ++i)
    parts_->readers[i]->thread = std::thread([parts = parts_.get(), begin, i] {
      begin("store-reader", WorkWatch::kFirstReader + i);
      parts->read(i);
    });
  parts_->writer_thread = std::thread([parts = parts_.get(), begin] {
    parts->give_way = begin("store-writer", WorkWatch::kWriter);
    parts->write();
  });
}

void SqliteStore::watch(Instant now) {
  // A thread in a call that does not return cannot say so itself.
  Parts& parts = *parts_;
  const auto is_stuck = [&](std::size_t worker) { return parts.watch.held(worker, now) >= kStuckAfter; };
  const UnixMillis unix_ms = parts.clock.unix_ms();
  bool is_reader_stuck = false;
  for (std::size_t i = 0; i < kReaderThreads; ++i)
    is_reader_stuck |= is_stuck(WorkWatch::kFirstReader + i);  // each is looked at, each time
  const bool is_writer_stuck = is_stuck(WorkWatch::kWriter);
  if (is_writer_stuck || is_reader_stuck) {
    parts.status.failing(StoreTrouble::kHang,
                         "the disk of " + parts.settings.file +
                             " does not answer: " + (is_writer_stuck ? "writing" : "reading") +
                             " has not returned for " + std::to_string(kStuckAfter / std::chrono::seconds(1)) +
                             " s and more; check the disk, its connection and the kernel's log",
                         unix_ms);
  } else {
    parts.status.ok(StoreTrouble::kHang, unix_ms);
  }
  const bool is_sync_stuck = is_stuck(WorkWatch::kCheckpointer);
  if (is_sync_stuck) {
    parts.status.failing(StoreTrouble::kSlowSync,
                         "the disk of " + parts.settings.file +
                             " does not take what was written: fsync has not returned "
                             "for " +
                             std::to_string(kStuckAfter / std::chrono::seconds(1)) +
                             " s and more; check the disk, its connection and the kernel's log",
                         unix_ms);
  } else {
    parts.status.ok(StoreTrouble::kSlowSync, unix_ms);
  }
}

void SqliteStore::stop() {
  if (!std::exchange(parts_->is_running, false)) return;
  parts_->is_stopping.store(true, std::memory_order_release);
  parts_->writer_doorbell.ring();
  for (auto& reader : parts_->readers)
    reader->doorbell.ring();
  parts_->checkpointer.stop();
  parts_->writer_thread.join();
  for (auto& reader : parts_->readers)
    reader->thread.join();
  parts_->checkpointer.join();
  parts_->writer.close();
}

}  // namespace switchboard::broker
