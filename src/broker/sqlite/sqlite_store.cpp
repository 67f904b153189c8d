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

std::string boot_id() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  std::getline(file, id);
  return id;
}

}  // namespace

/// The threads and what they work on.
struct SqliteStore::Parts {
  struct ReaderThread {
    explicit ReaderThread(Parts& parts)
        : reader(parts.settings, parts.writer.rooms(), parts.writer.opened(), parts.clock, parts.status) {}
    Reader reader;
    Doorbell doorbell;
    std::thread thread;
  };

  Parts(const SqliteSettings& settings_, std::uint32_t shards, std::function<void(std::uint32_t)> wake_,
        const Clock& clock_)
      : settings(settings_),
        wake(std::move(wake_)),
        clock(clock_),
        writer(settings, {.clock = clock_, .boot_id = boot_id(), .seed = kernel_random()}, status),
        checkpointer(settings, writer.opened()) {
    for (std::size_t i = 0; i < kReaderThreads; ++i)
      readers.push_back(std::make_unique<ReaderThread>(*this));
    for (std::uint32_t shard = 0; shard < shards; ++shard) {
      channels.push_back(std::make_unique<SqliteChannel>(settings.pending_bytes_max));
      channels.back()->writing().doorbell = &writer_doorbell;
      for (std::size_t i = 0; i < kReaderThreads; ++i)
        channels.back()->reading(i).doorbell = &readers[i]->doorbell;
    }
  }

  void write();
  void pace();
  std::size_t collect();
  void answer();
  bool has_requests();
  void read(std::size_t index);

  const SqliteSettings settings;
  const std::function<void(std::uint32_t)> wake;
  const Clock& clock;
  StoreStatus status;
  std::vector<std::unique_ptr<SqliteChannel>> channels;  // by shard

  Writer writer;
  Checkpointer checkpointer;
  Doorbell writer_doorbell;
  std::vector<std::unique_ptr<ReaderThread>> readers;
  std::thread writer_thread;
  std::atomic<bool> is_stopping{false};
  bool is_running = false;

  // The writer's batch.
  std::vector<StoreRequest> batch;
  std::vector<std::size_t> batch_bytes;     // of each request
  std::vector<std::uint32_t> batch_shards;  // where it came from
  std::vector<StoreAnswer> answers;
  std::size_t first_shard = 0;
  Instant next_batch{};
};

// --- the writer's thread ---------------------------------------------------------------------------------------------

void SqliteStore::Parts::write() {
  for (;;) {
    const bool is_last = is_stopping.load(std::memory_order_acquire);
    if (!is_last) pace();
    const std::size_t count = collect();
    if (count > 0) {
      writer.run_batch(batch, answers);
      answer();
    }
    const bool has_more = writer.run_upkeep();
    while (writer.is_pressed() && writer.run_upkeep()) {
    }
    if (checkpointer.on_commit(writer.log_frames())) writer.checkpoint();
    if (count > 0 || (has_more && !is_last)) continue;
    if (is_last) break;
    writer_doorbell.wait(writer.next_upkeep() - clock.now(),
                         [this] { return has_requests() || is_stopping.load(std::memory_order_acquire); });
  }
}

void SqliteStore::Parts::pace() {
  const Instant now = clock.now();
  // Small batches follow each other as fast as they come: they must not add up to a debt.
  const bool is_early = batch.size() >= kBusyBatch && now < next_batch;
  if (is_early) std::this_thread::sleep_for(next_batch - now);
  next_batch = (is_early ? next_batch : now) + kBatchInterval;
}

std::size_t SqliteStore::Parts::collect() {
  batch.clear();
  batch_bytes.clear();
  batch_shards.clear();
  std::size_t bytes = 0;
  // Each batch begins with another shard, so that a full batch is not always the same one's.
  first_shard = (first_shard + 1) % channels.size();
  for (std::size_t i = 0; i < channels.size(); ++i) {
    const std::size_t shard = (first_shard + i) % channels.size();
    Mailbox<SqliteChannel::Request>& requests = channels[shard]->writing().requests;
    while (batch.size() < settings.batch_messages_max && bytes < settings.batch_bytes_max) {
      SqliteChannel::Request* front = requests.front();
      if (front == nullptr) break;
      bytes += front->bytes;
      batch_bytes.push_back(front->bytes);
      batch_shards.push_back(static_cast<std::uint32_t>(shard));
      batch.push_back(std::move(front->request));
      requests.pop();
    }
  }
  return batch.size();
}

void SqliteStore::Parts::answer() {
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const bool has_room = channels[batch_shards[i]]->writing().answers.try_push(
        {.answer = std::move(answers[i]), .bytes = batch_bytes[i]});
    SB_ASSERT(has_room);  // as many as were submitted
    // Answers of one shard stand together.
    if (i + 1 == answers.size() || batch_shards[i + 1] != batch_shards[i]) wake(batch_shards[i]);
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
    return is_stopping.load(std::memory_order_acquire) ||
           std::any_of(channels.begin(), channels.end(),
                       [&](const auto& channel) { return !channel->reading(index).requests.empty(); });
  };
  for (;;) {
    const bool is_last = is_stopping.load(std::memory_order_acquire);
    bool did_something = false;
    // One page for each shard in turn.
    for (std::uint32_t shard = 0; shard < channels.size(); ++shard) {
      SqliteChannel::Lane& lane = channels[shard]->reading(index);
      SqliteChannel::Request* front = lane.requests.front();
      if (front == nullptr) continue;
      SqliteChannel::Answer answer{.answer = {.ticket = front->request.ticket, .what = {}}, .bytes = front->bytes};
      PageOrError page = self.reader.read(std::get<StoreRead>(front->request.what));
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
    if (is_last) return;
    self.doorbell.wait(std::chrono::seconds(60), has_work);
  }
}

// --- the store -------------------------------------------------------------------------------------------------------

std::expected<std::unique_ptr<SqliteStore>, std::string> SqliteStore::open(
    const SqliteSettings& settings, std::uint32_t shards, std::function<void(std::uint32_t shard)> wake,
    const Clock& clock) {
  const std::filesystem::path folder = std::filesystem::path(settings.file).parent_path();
  std::error_code error;
  if (!folder.empty() && !std::filesystem::is_directory(folder, error))
    return std::unexpected("the folder of history.file, " + folder.string() + ", does not exist");
  auto parts = std::make_unique<Parts>(settings, shards, std::move(wake), clock);
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

void SqliteStore::start() {
  SB_ASSERT(!parts_->is_running);
  parts_->is_running = true;
  parts_->checkpointer.start();
  for (std::size_t i = 0; i < kReaderThreads; ++i)
    parts_->readers[i]->thread = std::thread([parts = parts_.get(), i] { parts->read(i); });
  parts_->writer_thread = std::thread([parts = parts_.get()] { parts->write(); });
}

void SqliteStore::stop() {
  if (!std::exchange(parts_->is_running, false)) return;
  parts_->is_stopping.store(true, std::memory_order_release);
  parts_->writer_doorbell.ring();
  for (auto& reader : parts_->readers)
    reader->doorbell.ring();
  parts_->writer_thread.join();
  for (auto& reader : parts_->readers)
    reader->thread.join();
  parts_->checkpointer.stop();
  parts_->writer.close();
}

}  // namespace switchboard::broker
