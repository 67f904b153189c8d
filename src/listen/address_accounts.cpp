#include "listen/address_accounts.h"

namespace switchboard::listen {

AddressAccounts::Key AddressAccounts::key_of(const net::PeerAddress& peer) {
  constexpr std::ptrdiff_t kNetworkBytes = 8;
  Key key = peer.ip;
  if (!peer.is_ipv4() && !peer.is_translated()) std::fill(key.begin() + kNetworkBytes, key.end(), std::uint8_t{0});
  return key;
}

}  // namespace switchboard::listen
