// Who decides the order of a room's messages, and keeps them where the room has history. A publish is handed in; what
// comes back committed, with its number, is what members are sent and publishers are told. One of each kind per home
// shard; its functions and events are called on that shard's thread. What waits behind it (a thread with a database, a
// bus) is not known here.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "base/seq.h"
#include "base/slot_table.h"
#include "base/time.h"
#include "broker/failure.h"
#include "broker/page.h"
#include "broker/publication.h"
#include "broker/publish.h"
#include "room/settings.h"

namespace switchboard::broker {

/// Which room of the home shard this is about; given out by the home shard.
using TopicId = SlotId;

/// Where a room's counter stands. The epoch names one incarnation of the counter: numbers of different epochs do not
/// compare.
struct Head {
  Seq first;  // the oldest message that is kept; `last.next()` when none is
  Seq last;   // the newest that was committed; 0 before the first
  std::string epoch;
};

struct Commit {
  Publication publication;  // of a duplicate only `seq` and `ts`
  std::string_view epoch;
  /// The same sender's `dedup` came before: nothing was committed, the rest is of that first message. Only to be
  /// acknowledged.
  bool is_duplicate = false;
};

/// What a broker tells. Of one topic, what is committed is dense: each message, whether it was asked for here or has
/// arrived, has the number behind the one that was told last (`on_opened`, `on_epoch_changed`, the last message), and
/// the epoch that was told last. A broker to which less comes back makes it so: it fetches what it has missed, and
/// tells that first, or it begins another epoch. Whoever listens asserts it, and the members rely on it: a jump of
/// numbers tells them that something was kept from them.
class BrokerEvents {
 public:
  virtual void on_opened(TopicId topic, const Head& head) = 0;
  virtual void on_open_failed(TopicId topic, Failure failure) = 0;
  virtual void on_committed(TopicId topic, const Publish& publish, const Commit& commit) = 0;
  /// A message that no publish of this home asked for: another process has had it committed, over a bus that both of
  /// them use. Only of a topic that is open; never a duplicate.
  virtual void on_arrived(TopicId topic, const Commit& commit) = 0;
  /// Nothing was committed.
  virtual void on_refused(TopicId topic, const Publish& publish, Failure failure) = 0;
  /// The outcome takes longer than publishers wait: they are told `unavailable`. It still comes, with an origin that
  /// is answered and wants no acknowledgement. (Of such a publish, as of all whose outcome comes later, only
  /// `room_id`, `command_id`, `origin` and `echo` are told.)
  virtual void on_delayed(TopicId topic, const Publish& publish) = 0;
  /// What is behind the broker has lost the room's counter and begun another one. `head`: where that stands before the
  /// commit that is told next.
  virtual void on_epoch_changed(TopicId topic, const Head& head) = 0;
  virtual void on_read(TopicId topic, std::uint64_t ticket, const PageOrError& page) = 0;

 protected:
  ~BrokerEvents() = default;
};

class Broker {
 public:
  virtual ~Broker() = default;
  /// A room is wanted. Ends in `on_opened` or `on_open_failed`, during this call or later; nothing else may be asked of
  /// the topic before `on_opened`. `settings` are its namespace's, valid during the call.
  virtual void open(TopicId topic, std::string_view room_id, const room::RoomSettings& settings) = 0;
  /// Nobody needs the room any more. Only when nothing that was asked of it is still to be answered. Nothing is told of
  /// it any more.
  virtual void close(TopicId topic) = 0;
  /// Ends in exactly one of `on_committed` and `on_refused`, during this call or later.
  virtual void publish(TopicId topic, const Publish& publish) = 0;
  /// False: all that is asked ends in its event before the call returns. True: it may come later, and publishers'
  /// shards bound what is under way. For as long as the broker lives.
  virtual bool answers_later() const = 0;
  /// Where an open topic stands: what has been committed so far (that is, told by `on_committed` or `on_arrived`).
  /// Valid until the next call.
  virtual const Head& head(TopicId topic) = 0;
  /// Ends in `on_read` with the same ticket, during this call or later. An empty page is an answer, too.
  virtual void read(TopicId topic, const ReadRange& range, std::uint64_t ticket) = 0;
  /// Hands over at most one answer, or arrival, that has come in the meantime. Returns which topic its event was about
  /// (no topic: it had none), or nothing when there was no answer. Called only while there is room for what an answer
  /// causes. Brokers that answer at once have nothing to do here.
  virtual std::optional<TopicId> take_answer() { return std::nullopt; }
  /// True when `take_answer` would find one.
  virtual bool has_answer() { return false; }
  /// Calls `on_delayed` for what has waited too long, and ends what waits in vain; at most one event a call. Returns as
  /// `take_answer` does.
  virtual std::optional<TopicId> expire_one(Instant now) { return static_cast<void>(now), std::nullopt; }
  /// When `expire_one` has something to do at the earliest.
  virtual Instant next_deadline() const { return Instant::max(); }
  /// Frees what nobody needs any more, a little at a time: once a turn. Tells nothing, and is no reason for a turn.
  virtual void tidy(Instant now) { static_cast<void>(now); }
  /// What was asked since the last call is to be looked at: once a turn, behind everything that was asked in it.
  virtual void flush() {}
  /// The namespaces' settings were reloaded. Retention and durability hold for open topics, too; whether a room has
  /// history at all is decided when it is opened.
  virtual void use(const room::RoomSettingsTable& settings) = 0;
};

}  // namespace switchboard::broker
