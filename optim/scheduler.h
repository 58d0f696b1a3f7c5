// Scheduler: what is saved of anything that changes rates over time.
#pragma once

#include "weft/tensor/named_tensors.h"

namespace weft::optim {

/// What all schedulers have in common: a state of a few numbers, to be saved.
class Scheduler {
 public:
  virtual ~Scheduler() = default;
  virtual Metadata state_dict() const = 0;
  /// Throws StateError for what is no state of such a scheduler; then nothing has changed.
  virtual void load_state_dict(const Metadata& saved) = 0;
};

}  // namespace weft::optim
