// A function for each alternative of a variant, as one: std::visit(Overloaded{[](A&) {}, [](B&) {}}, variant). The
// compiler names the alternative that was forgotten.
#pragma once

namespace switchboard {

template <class... Functions>
struct Overloaded : Functions... {
  using Functions::operator()...;
};

}  // namespace switchboard
