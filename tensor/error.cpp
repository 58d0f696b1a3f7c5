#include "weft/tensor/error.h"

#include <cerrno>
#include <cstring>

#include "weft/tensor/printable.h"

namespace weft {

std::string system_reason() { return std::strerror(errno); }

Error::Error(std::string message) : text_(std::move(message)) {
  if (size_t end = text_.find("] "); text_.starts_with('[') && end != std::string::npos) {
    op_ = text_.substr(0, end + 2);
    text_.erase(0, end + 2);
  }
  compose();
}

void Error::add_context(std::string_view name) {
  path_ = path_.empty() ? std::string(name) : std::string(name) + "." + path_;
  compose();
}

void Error::add_place(std::string_view place) {
  if (place_.empty()) place_ = place;
  compose();
}

void Error::compose() {
  const std::string where = place_ + (place_.empty() || path_.empty() ? "" : ", ") + path_;
  message_ = printable(op_ + where + (where.empty() ? "" : ": ") + text_);
}

}  // namespace weft
