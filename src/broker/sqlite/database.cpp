#include "broker/sqlite/database.h"

#include <algorithm>
#include <limits>
#include <utility>

#include <sqlite3.h>

#include "base/assert.h"
#include "broker/sqlite/row_check.h"

namespace switchboard::broker {
namespace {

DatabaseFault fault_of(int code) {
  switch (code & 0xff) {
    case SQLITE_FULL:
      return DatabaseFault::kFull;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return DatabaseFault::kBusy;
    case SQLITE_READONLY:
      return DatabaseFault::kReadOnly;
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
      return DatabaseFault::kCannotOpen;
    case SQLITE_NOTADB:
      return DatabaseFault::kNotDatabase;
    case SQLITE_CORRUPT:
      return DatabaseFault::kCorrupt;
    case SQLITE_IOERR:
      return DatabaseFault::kInputOutput;
    default:
      return DatabaseFault::kOther;
  }
}

/// The SQL function row_check(...): what RowCheck makes of its arguments.
void row_check_of(sqlite3_context* context, int count, sqlite3_value** values) {
  RowCheck check;
  for (int i = 0; i < count; ++i) {
    if (sqlite3_value_type(values[i]) == SQLITE_INTEGER) {
      check.add(sqlite3_value_int64(values[i]));
    } else {
      const void* bytes = sqlite3_value_blob(values[i]);
      const auto size = static_cast<std::size_t>(sqlite3_value_bytes(values[i]));
      check.add(bytes == nullptr ? std::string_view() : std::string_view(static_cast<const char*>(bytes), size));
    }
  }
  sqlite3_result_int64(context, check.value());
}

/// The database's own; null when there is none.
sqlite3_file* file_of(sqlite3* handle) {
  sqlite3_file* file = nullptr;
  if (handle == nullptr) return nullptr;
  if (sqlite3_file_control(handle, "main", SQLITE_FCNTL_FILE_POINTER, &file) != SQLITE_OK) return nullptr;
  return file == nullptr || file->pMethods == nullptr ? nullptr : file;
}

}  // namespace

std::string DatabaseError::sentence(std::string_view file) const {
  const std::string path(file);
  switch (fault) {
    case DatabaseFault::kFull:
      return "the disk is full, or " + path +
             " has reached history.store_bytes_max: free some space or raise the limit";
    case DatabaseFault::kBusy:
      return path + " is locked by another process: end whatever else has it open (" + detail + ")";
    case DatabaseFault::kReadOnly:
      return path + " cannot be written: check its permissions, its owner and how its file system is mounted (" +
             detail + ")";
    case DatabaseFault::kCannotOpen:
      return path + " cannot be opened: check that its folder exists and that this user may write there (" + detail +
             ")";
    case DatabaseFault::kNotDatabase:
      return path + " is not a SQLite database: move it away, or set history.file to another path";
    case DatabaseFault::kCorrupt:
      return path +
             " is damaged: move it away with its -wal and -shm files and restore a backup, or let a new one be "
             "made (" +
             detail + ")";
    case DatabaseFault::kInputOutput:
      return "reading or writing " + path + " failed: check the disk and the kernel's log (" + detail + ")";
    case DatabaseFault::kOther:
      break;
  }
  return path + " cannot be used (" + detail + ")";
}

/// The methods of the database's file, of which the one that writes pauses first.
struct Database::PausingFile {
  sqlite3_io_methods methods;  // first: SQLite hands back the address of this
  const sqlite3_io_methods* original;
  std::function<void()> pause;

  static int write(sqlite3_file* file, const void* bytes, int count, sqlite3_int64 at) {
    const auto* self = reinterpret_cast<const PausingFile*>(file->pMethods);
    self->pause();
    return self->original->xWrite(file, bytes, count, at);
  }
};

Database::Database() = default;

Database::~Database() {
  close();
}

bool Database::open(const std::string& file, Access access, int busy_ms) {
  close();
  error_.reset();
  log_frames_ = 0;
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_READWRITE;
  if (access == Access::kMake) flags |= SQLITE_OPEN_CREATE;
  const int code = sqlite3_open_v2(file.c_str(), &handle_, flags, nullptr);
  if (code != SQLITE_OK) {
    fail(code);
    close();
    return false;
  }
  sqlite3_busy_timeout(handle_, busy_ms);
  // A file that is closed because it is not to be trusted must not be written for that.
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  sqlite3_create_function_v2(handle_, "row_check", -1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, nullptr, row_check_of,
                             nullptr, nullptr, nullptr);
  // It also takes the place of SQLite's own checkpoints, which would come in the middle of a commit.
  sqlite3_wal_hook(
      handle_,
      [](void* database, sqlite3*, const char*, int frames) {
        static_cast<Database*>(database)->log_frames_ = frames;
        return SQLITE_OK;
      },
      this);
  // A reader writes nothing, but reading a write-ahead log takes a connection that may write its index.
  if (access == Access::kRead) run("PRAGMA query_only = 1");
  begin_ = std::make_unique<Statement>(*this, "BEGIN");
  begin_writing_ = std::make_unique<Statement>(*this, "BEGIN IMMEDIATE");
  commit_ = std::make_unique<Statement>(*this, "COMMIT");
  return !has_failed();
}

void Database::close_in_good_order() {
  if (handle_ != nullptr) sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, nullptr);
  close();
}

void Database::close() {
  if (handle_ == nullptr) return;
  for (auto* statement : {&begin_, &begin_writing_, &commit_})
    statement->reset();
  sqlite3_close_v2(handle_);
  handle_ = nullptr;
  pausing_.reset();
}

void Database::run(const char* sql) {
  if (has_failed()) return;
  const int code = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(code);
}

std::int64_t Database::integer(const char* sql) {
  Statement statement(*this, sql);
  return statement.next() ? statement.integer(0) : 0;
}

void Database::run(const std::unique_ptr<Statement>& statement) {
  if (has_failed()) return;
  if (statement == nullptr) return fail(SQLITE_MISUSE);
  statement->run();
}

bool Database::commit() {
  run(commit_);
  return !has_failed();
}

std::optional<std::uint32_t> Database::data_version() const {
  std::uint32_t version = 0;
  if (handle_ == nullptr || sqlite3_file_control(handle_, "main", SQLITE_FCNTL_DATA_VERSION, &version) != SQLITE_OK)
    return std::nullopt;
  return version;
}

void Database::rollback() {
  error_.reset();
  if (handle_ == nullptr || sqlite3_get_autocommit(handle_) != 0) return;
  // Whatever this says: a connection whose transaction cannot be ended fails at its next BEGIN and is reopened.
  sqlite3_exec(handle_, "ROLLBACK", nullptr, nullptr, nullptr);
}

DatabaseError Database::take_error() {
  SB_ASSERT(error_.has_value());
  return *std::exchange(error_, std::nullopt);
}

std::int64_t Database::inserted_id() const {
  return handle_ == nullptr ? 0 : sqlite3_last_insert_rowid(handle_);
}

void Database::limit_bytes(std::uint64_t bytes) {
  const std::int64_t page_bytes = integer("PRAGMA page_size");
  if (page_bytes <= 0) return;
  // SQLite's own bound is 2^32 - 2 pages. A file that is larger already keeps its size.
  const std::uint64_t pages = std::clamp<std::uint64_t>(bytes / static_cast<std::uint64_t>(page_bytes), 1, 4294967294);
  run(("PRAGMA max_page_count = " + std::to_string(pages)).c_str());
}

Database::Checkpoint Database::checkpoint() {
  Checkpoint result;
  if (handle_ == nullptr) return result;
  const int code = sqlite3_wal_checkpoint_v2(handle_, nullptr, SQLITE_CHECKPOINT_PASSIVE, &result.frames_in_log,
                                             &result.frames_moved);
  result.frames_in_log = std::max(result.frames_in_log, 0);
  result.frames_moved = std::max(result.frames_moved, 0);
  if (code != SQLITE_OK && (code & 0xff) != SQLITE_BUSY) result.error = error_of(code);
  return result;
}

void Database::pause_between_pages(std::function<void()> pause) {
  sqlite3_file* const file = file_of(handle_);
  if (file == nullptr || !pause) return;
  pausing_ = std::make_unique<PausingFile>(*file->pMethods, file->pMethods, std::move(pause));
  pausing_->methods.xWrite = PausingFile::write;
  file->pMethods = &pausing_->methods;
}

std::optional<DatabaseError> Database::sync_file() {
  // Through SQLite's own descriptor: closing another of the same file would drop its locks.
  sqlite3_file* const file = file_of(handle_);
  if (file == nullptr) return std::nullopt;
  const int code = file->pMethods->xSync(file, SQLITE_SYNC_NORMAL);
  if (code == SQLITE_OK) return std::nullopt;
  return DatabaseError{.fault = fault_of(code), .detail = sqlite3_errstr(code)};
}

DatabaseError Database::error_of(int code) const {
  const char* detail = handle_ != nullptr ? sqlite3_errmsg(handle_) : sqlite3_errstr(code);
  return {.fault = fault_of(code), .detail = std::string(detail)};
}

void Database::fail(int code) {
  if (!has_failed()) error_ = error_of(code);
}

Statement::Statement(Database& database, std::string_view sql) : database_(database) {
  if (database_.has_failed() || !database_.is_open()) return;
  const int code = sqlite3_prepare_v3(database_.handle_, sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &handle_, nullptr);
  if (code != SQLITE_OK) database_.fail(code);
}

Statement::~Statement() {
  sqlite3_finalize(handle_);
}

void Statement::run() {
  while (next()) {
  }
}

bool Statement::next() {
  if (handle_ == nullptr || database_.has_failed()) {
    reset();
    return false;
  }
  const int code = sqlite3_step(handle_);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) database_.fail(code);
  reset();
  return false;
}

void Statement::reset() {
  if (handle_ != nullptr) sqlite3_reset(handle_);
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(handle_, column) == SQLITE_NULL;
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(handle_, column);
}

std::string_view Statement::bytes(int column) const {
  const void* data = sqlite3_column_blob(handle_, column);
  if (data == nullptr) return {};
  return {static_cast<const char*>(data), static_cast<std::size_t>(sqlite3_column_bytes(handle_, column))};
}

void Statement::bind(int index, std::string_view text) {
  if (handle_ == nullptr) return;
  const int code = sqlite3_bind_text64(handle_, index, text.data() == nullptr ? "" : text.data(), text.size(),
                                       SQLITE_STATIC, SQLITE_UTF8);
  if (code != SQLITE_OK) database_.fail(code);
}

void Statement::bind(int index, Blob blob) {
  if (handle_ == nullptr) return;
  const char* data = blob.bytes.data() == nullptr ? "" : blob.bytes.data();
  const int code = sqlite3_bind_blob64(handle_, index, data, blob.bytes.size(), SQLITE_STATIC);
  if (code != SQLITE_OK) database_.fail(code);
}

void Statement::bind_integer(int index, std::int64_t value) {
  if (handle_ == nullptr) return;
  const int code = sqlite3_bind_int64(handle_, index, value);
  if (code != SQLITE_OK) database_.fail(code);
}

}  // namespace switchboard::broker
