// A vector whose first elements are where the vector itself is: what holds one or two as a rule needs no memory of its
// own. What it is made of (absl::InlinedVector) is known here only.
#pragma once

#include <absl/container/inlined_vector.h>
#include <cstddef>

namespace switchboard {

/// As std::vector; `kInline` elements take no allocation. Elements move whenever it is moved.
template <class T, std::size_t kInline>
using SmallVector = absl::InlinedVector<T, kInline>;

}  // namespace switchboard
