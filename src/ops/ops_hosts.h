// Under which names the ops port may be asked, by a request's Host. It asks for no password because only operators can
// reach it; but so can any web page in an operator's browser, under a name of its own that it lets resolve to the ops
// port's address (DNS rebinding). Such a request carries that name.
#pragma once

#include <string>
#include <vector>

#include "http/request.h"
#include "session/host_list.h"

namespace switchboard::ops {

class OpsHosts {
 public:
  /// `listed`: as in server.ops_hosts, checked.
  explicit OpsHosts(std::vector<std::string> listed) : has_listed_(!listed.empty()), listed_(std::move(listed)) {}

  /// True for an address, which no name server can turn into another, for "localhost" and other names without a dot,
  /// which are looked up among the neighbours only, and for what is listed; with any port, unless the list says one.
  /// Also without a Host, which only HTTP/1.0 can be, and no browser is.
  bool allows(const http::Request& request) const;

 private:
  bool has_listed_;  // an empty HostList allows all
  session::HostList listed_;
};

}  // namespace switchboard::ops
