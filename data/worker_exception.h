// WorkerException: an error of a data set that a loader's worker met.
#pragma once

#include <exception>

#include "weft/tensor/error.h"

namespace weft::data {

/// Carries an exception from a worker of a DataLoader to the iterator's user. The message holds the original's.
struct WorkerException : Error {
  explicit WorkerException(std::exception_ptr original);
  /// What the data set threw; std::rethrow_exception gives it back.
  std::exception_ptr original_exception;
};

}  // namespace weft::data
