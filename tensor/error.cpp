#include "weft/tensor/error.h"

namespace weft {

Error::Error(std::string message) : text_(std::move(message)) {
  if (size_t end = text_.find("] "); text_.starts_with('[') && end != std::string::npos) {
    op_ = text_.substr(0, end + 2);
    text_.erase(0, end + 2);
  }
  message_ = op_ + text_;
}

void Error::add_context(std::string_view name) {
  path_ = path_.empty() ? std::string(name) : std::string(name) + "." + path_;
  message_ = op_ + path_ + ": " + text_;
}

}  // namespace weft
