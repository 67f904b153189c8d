// Clients whose command found no room on its way to a room's home. Each stands in a line for that home and goes on once
// there is room, so that nobody is asked again and again. Who has much to say may fill a quarter of a mailbox only: the
// rest is for those who seldom say something.
#pragma once

#include <cstdint>
#include <vector>

#include "base/slot_table.h"
#include "shard/client.h"
#include "shard/line.h"
#include "shard/port.h"

namespace switchboard::shard {

class MailboxWaits {
 public:
  /// The references must outlive it.
  MailboxWaits(Port& port, SlotTable<Client>& clients) : port_(port), clients_(clients), homes_(port.shards()) {}

  /// True when that client may send so many requests to that home now. To its own shard's homes nothing is sent: what
  /// a commit there is told to the others must have room.
  bool may_send(std::uint32_t home, Load load, std::size_t requests = 1) const {
    if (home == port_.self()) return port_.results_have_room();
    return load == Load::kHeavy ? port_.can_request_much(home, requests) : port_.can_request(home, requests);
  }
  /// Harmless when it stands in a line already: it is asked when that moves.
  void wait(Client& client, std::uint32_t home, Load load) {
    if (client.in_mailbox_line) return;
    client.in_mailbox_line = true;
    (load == Load::kHeavy ? homes_[home].heavy : homes_[home].light).push_back(client.session().id());
    ++waiting_;
  }

  /// Calls go_on(Client&) for as many as there is room for. Whoever finds that others were faster waits again.
  template <class F>
  void run(F&& go_on) {
    for (std::uint32_t home = 0; waiting_ > 0 && home < homes_.size(); ++home) {
      release(homes_[home].light, home, Load::kLight, go_on);
      release(homes_[home].heavy, home, Load::kHeavy, go_on);
    }
  }
  /// True when `run` would find somebody.
  bool has_work() const {
    for (std::uint32_t home = 0; waiting_ > 0 && home < homes_.size(); ++home) {
      if (!homes_[home].light.empty() && may_send(home, Load::kLight)) return true;
      if (!homes_[home].heavy.empty() && may_send(home, Load::kHeavy)) return true;
    }
    return false;
  }

 private:
  struct Lines {
    Line light;
    Line heavy;
  };

  template <class F>
  void release(Line& line, std::uint32_t home, Load load, F&& go_on) {
    for (std::size_t n = line.size(), released = 1; n > 0 && may_send(home, load, released); --n) {
      Client* client = clients_.find(line.front());
      line.pop_front();
      --waiting_;
      if (client == nullptr) continue;
      client->in_mailbox_line = false;
      ++released;
      go_on(*client);
    }
  }

  Port& port_;
  SlotTable<Client>& clients_;
  std::vector<Lines> homes_;
  std::size_t waiting_ = 0;
};

}  // namespace switchboard::shard
