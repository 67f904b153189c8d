// Notes down what a broker tells.
#pragma once

#include <string>
#include <vector>

#include "broker/broker.h"

namespace switchboard::broker {

struct BrokerLog : BrokerEvents {
  struct Committed {
    TopicId topic;
    std::string room_id;
    std::string command_id;
    Origin origin;
    bool echo;
    Seq seq;
    std::string epoch;
    UnixMillis ts;
    std::string content;
    std::string sender;
    std::string to;
    bool is_duplicate;
  };
  struct Refused {
    TopicId topic;
    std::string command_id;
    Origin origin;
    Failure failure;
  };
  struct Read {
    std::uint64_t ticket;
    PageOrError page;
  };

  void on_opened(TopicId topic, const Head& head) override {
    order.push_back("opened");
    opened.push_back(topic);
    head_at_open = head;
  }
  void on_open_failed(TopicId topic, Failure failure) override {
    order.push_back("open failed");
    open_failed.push_back({topic, "", {}, failure});
  }
  void on_committed(TopicId topic, const Publish& publish, const Commit& commit) override {
    order.push_back("committed");
    committed.push_back({topic, std::string(publish.room_id), std::string(publish.command_id), publish.origin,
                         publish.echo, commit.publication.seq, std::string(commit.epoch), commit.publication.ts,
                         std::string(commit.publication.content), std::string(commit.publication.sender),
                         std::string(commit.publication.to), commit.is_duplicate});
  }
  void on_arrived(TopicId, const Commit&) override { order.push_back("arrived"); }
  void on_refused(TopicId topic, const Publish& publish, Failure failure) override {
    order.push_back("refused");
    refused.push_back({topic, std::string(publish.command_id), publish.origin, failure});
  }
  void on_delayed(TopicId topic, const Publish& publish) override {
    order.push_back("delayed");
    delayed.push_back({topic, std::string(publish.command_id), publish.origin, {}});
  }
  void on_epoch_changed(TopicId, const Head& head) override {
    order.push_back("epoch changed");
    changed_to = head;
  }
  void on_read(TopicId, std::uint64_t ticket, const PageOrError& page) override {
    order.push_back("read");
    reads.push_back({ticket, page});
  }

  std::vector<std::string> order;
  std::vector<TopicId> opened;
  Head head_at_open;
  Head changed_to;
  std::vector<Refused> open_failed;
  std::vector<Committed> committed;
  std::vector<Refused> refused;
  std::vector<Refused> delayed;
  std::vector<Read> reads;
};

}  // namespace switchboard::broker
