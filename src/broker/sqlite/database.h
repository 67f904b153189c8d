// SQLite as the store uses it: a connection and its prepared statements. The only file that includes sqlite3.h is
// database.cpp. What the tables mean is not known here.
//
// A failure sticks to its connection: from then on nothing is carried out and every look-up finds nothing, until
// `rollback` or `take_error`. So a transaction is written down without a check after every step, and is checked once,
// at its commit.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace switchboard::broker {

/// What an operator can do something about.
enum class DatabaseFault : std::uint8_t {
  kFull,         // the disk, or the bound set with limit_bytes
  kBusy,         // another process holds it
  kReadOnly,     // the file or its folder
  kCannotOpen,   // no such folder, or no permission
  kNotDatabase,  // the file is something else
  kCorrupt,
  kInputOutput,
  kOther,
};

struct DatabaseError {
  DatabaseFault fault = DatabaseFault::kOther;
  std::string detail;  // SQLite's own words

  /// For logs and readiness: what is wrong with `file` and what to do.
  std::string sentence(std::string_view file) const;
  /// The connection is not to be trusted any more.
  bool needs_reopening() const { return fault != DatabaseFault::kFull && fault != DatabaseFault::kBusy; }
};

class Statement;

/// One connection, used by one thread at a time. Statements must not outlive it.
class Database {
 public:
  enum class Access : std::uint8_t { kMake, kWrite, kRead };

  Database();
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// kMake makes the file if it does not exist. kRead never changes it. Waits `busy_ms` for locks of other processes.
  bool open(const std::string& file, Access access, int busy_ms);
  /// File and write-ahead log stay as they are.
  void close();
  /// What is in the write-ahead log is brought into the file, if nobody else has it open, and the log is removed.
  void close_in_good_order();
  bool is_open() const { return handle_ != nullptr; }

  /// SQL without results, or whose results do not matter.
  void run(const char* sql);
  /// The first column of the first row; 0 when there is none.
  std::int64_t integer(const char* sql);

  void begin() { run(begin_); }
  void begin_writing() { run(begin_writing_); }
  /// True when everything since `begin` is in the file. Otherwise nothing is, and the error is to be taken.
  bool commit();
  /// Nothing happened. Forgets a failure.
  void rollback();

  bool has_failed() const { return error_.has_value(); }
  /// There must be one. The connection can be used again, if its error says so.
  DatabaseError take_error();

  std::int64_t inserted_id() const;
  /// Another one after each change of the file, by whomever, that this connection has seen: its own as soon as they are
  /// committed, others' in its next transaction. None: unknown.
  std::optional<std::uint32_t> data_version() const;
  /// No page beyond this many bytes of the file is used: writing then fails with kFull.
  void limit_bytes(std::uint64_t bytes);

  struct Checkpoint {
    int frames_in_log = 0;
    int frames_moved = 0;
    std::optional<DatabaseError> error;  // none when somebody else was in the way
  };
  /// Moves what it can from the write-ahead log to the file without waiting for anybody. Not in a transaction. A
  /// failure is not kept: the next one tries again.
  Checkpoint checkpoint();
  /// `pause` is called before each page that a checkpoint of this connection moves: one pass moves thousands.
  void pause_between_pages(std::function<void()> pause);
  /// Brings what checkpoints have moved to the disk. SQLite itself does so only in one that moves everything.
  std::optional<DatabaseError> sync_file();
  /// Pages in the write-ahead log after the last commit: since it was last begun anew, also those moved already.
  int log_frames() const { return log_frames_; }

 private:
  friend class Statement;
  struct PausingFile;
  void run(const std::unique_ptr<Statement>& statement);
  void fail(int code);
  DatabaseError error_of(int code) const;

  sqlite3* handle_ = nullptr;
  std::unique_ptr<PausingFile> pausing_;  // as long as it is open
  std::optional<DatabaseError> error_;
  int log_frames_ = 0;
  std::unique_ptr<Statement> begin_;  // as long as it is open
  std::unique_ptr<Statement> begin_writing_;
  std::unique_ptr<Statement> commit_;
};

/// Bytes that are no text.
struct Blob {
  std::string_view bytes;
};

/// One prepared statement. Text and blobs that are bound must live until it has run; what a row gives is valid until
/// the next call.
class Statement {
 public:
  Statement(Database& database, std::string_view sql);
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  /// Binds all parameters, in order.
  template <class... Values>
  Statement& with(const Values&... values) {
    reset();
    int index = 0;
    (bind(++index, values), ...);
    return *this;
  }

  /// Carries it out to the end.
  void run();
  /// Steps to the next row; false when there is none, or it failed. A statement that has not come to its end keeps its
  /// read transaction open until `reset`.
  bool next();
  void reset();

  bool is_null(int column) const;
  std::int64_t integer(int column) const;
  std::uint64_t natural(int column) const { return static_cast<std::uint64_t>(integer(column)); }
  std::string_view bytes(int column) const;  // of text or a blob

 private:
  template <std::integral Integer>
  void bind(int index, Integer value) {
    bind_integer(index, static_cast<std::int64_t>(value));
  }
  void bind(int index, std::string_view text);
  void bind(int index, const std::string& text) { bind(index, std::string_view(text)); }
  void bind(int index, Blob blob);
  void bind_integer(int index, std::int64_t value);

  Database& database_;
  sqlite3_stmt* handle_ = nullptr;
};

}  // namespace switchboard::broker
