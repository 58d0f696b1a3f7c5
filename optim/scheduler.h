// Scheduler: the saved state of objects that change rates over time.
#pragma once

#include "weft/tensor/named_tensors.h"

namespace weft::optim {

/// Common base of all schedulers: a state of a few numbers, to be saved.
class Scheduler {
 public:
  virtual ~Scheduler() = default;
  virtual Metadata state_dict() const = 0;
  /// Throws StateError for an invalid state; then nothing is changed.
  virtual void load_state_dict(const Metadata& saved) = 0;
};

}  // namespace weft::optim
