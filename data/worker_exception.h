// WorkerException: an exception of a data set in a loader's worker.
#pragma once

#include <exception>

#include "weft/tensor/error.h"

namespace weft::data {

/// Carries an exception from a worker of a DataLoader to the iterator's user. The message contains the original's.
struct WorkerException : Error {
  explicit WorkerException(std::exception_ptr original);
  /// The exception of the data set, for std::rethrow_exception.
  std::exception_ptr original_exception;
};

}  // namespace weft::data
