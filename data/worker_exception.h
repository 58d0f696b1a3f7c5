// WorkerException: an error of a data set that a loader's worker met.
#pragma once

#include <exception>

#include "weft/tensor/error.h"

namespace weft::data {

/// Carries an exception from a worker of a DataLoader to the iterator's user. The message holds the original's.
struct WorkerException : Error {
  explicit WorkerException(std::exception_ptr original);
  /// The exception of the data set; std::rethrow_exception throws it again.
  std::exception_ptr original_exception;
};

}  // namespace weft::data
