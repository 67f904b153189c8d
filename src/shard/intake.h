// What comes from clients, read and handled in portions: one step a client, then the next client has its turn. Those
// who have little to say go first; who could not be finished in one step stands in a line of its own for the next ten
// seconds, and one turn of the loop takes no longer over all of them than its budget. So a client waits for its own
// input, and hardly for anybody else's. Knows nothing of rooms.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "base/slot_table.h"
#include "base/time.h"
#include "session/context.h"
#include "shard/client.h"
#include "shard/delivery.h"
#include "shard/line.h"

namespace switchboard::shard {

class IntakeEvents {
 public:
  /// After each step, when nothing of it is on the stack any more. The client may be gone after it.
  virtual void on_step_done(Client& client) = 0;

 protected:
  ~IntakeEvents() = default;
};

/// The shard's thread only. The references must outlive it.
class Intake {
 public:
  /// Bytes of work (see session::WorkBudget) in a step of a client that has little to say, and of one that has much:
  /// 20 to 40 and 50 to 150 microseconds of small commands.
  static constexpr std::size_t kLightWork = 8'192;
  static constexpr std::size_t kHeavyWork = 32'768;
  /// Bytes read in such a step.
  static constexpr std::size_t kLightBytes = 8'192;
  static constexpr std::size_t kHeavyBytes = 16'384;
  /// How long a client counts as one that has much to say after a step that could not finish.
  static constexpr std::uint32_t kHeavyForMs = 10'000;

  Intake(IntakeEvents& events, SlotTable<Client>& clients, const Clock& clock, session::ConnectionContext& context,
         Delivery& delivery);

  /// How long a turn may take over input before it looks at its sockets and delivers. Checked between steps.
  void bound_by(Duration turn) { turn_ = turn; }

  // --- who has something ---------------------------------------------------------------------------------------------
  /// Its stream is to be opened first.
  void on_accepted(Client& client);
  /// Its socket has something, or is at its end. Does a step at once if there is time left in this turn and the client
  /// has little to say; it may be gone then.
  void on_readable(Client& client, bool hung_up);
  /// Puts it in line if it could go on: it has more to read, or input put aside that need not wait. Harmless otherwise.
  void look_at(Client& client);
  /// It will not be asked for any more.
  void on_ended(const Client& client);

  // --- turns --------------------------------------------------------------------------------------------------------
  /// Steps for those in line, until the turn's time for input is used up: at least one for each of the two lines.
  void run();
  /// Handshakes of streams, each of which takes what it computes: at least one, then until `budget` is used up.
  void open_streams(Duration budget);
  bool idle() const { return light_.empty() && heavy_.empty() && opening_line_.empty(); }

  /// Heavy: it had more to say lately than one step takes.
  Load load_of(const Client& client) const;
  /// Clients whose stream's handshake is not finished.
  std::size_t opening() const { return opening_; }

 private:
  void step(Client& client, Instant now);
  void receive(Client& client, std::size_t bytes_max);
  std::uint32_t now_ms() const;

  IntakeEvents& events_;
  SlotTable<Client>& clients_;
  const Clock& clock_;
  session::ConnectionContext& context_;
  Delivery& delivery_;
  std::unique_ptr<char[]> buffer_;
  Duration turn_{};
  std::optional<Instant> until_;  // of this turn's time for input, once it has begun
  Line light_;
  Line heavy_;
  Line opening_line_;  // with a step of their stream's handshake to do
  std::size_t opening_ = 0;
};

}  // namespace switchboard::shard
