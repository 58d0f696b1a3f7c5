// Errors: one exception type per family, one check().
#pragma once

#include <fmt/core.h>

#include <stdexcept>
#include <string>
#include <string_view>

namespace weft {

/// Base of all exceptions of weft. The message reads "[op] where: facts"; `where` grows as the exception passes through
/// modules, so that the user sees "[conv2d] Net.conv2: input has 16 channels, ...". Bytes that are not printable UTF-8
/// are written as `\xHH`.
class Error : public std::exception {
 public:
  explicit Error(std::string message);
  const char* what() const noexcept override { return message_.c_str(); }
  /// Prepends `name` to the module path of the message ("conv2" then "Net" gives "Net.conv2").
  void add_context(std::string_view name);
  /// True if the message has a module path.
  bool has_context() const { return !path_.empty(); }
  /// Prepends the place of the description ("line 2, column 7") to the module path. Only the first call has an effect:
  /// it is the innermost place.
  void add_place(std::string_view place);

 private:
  void compose();
  std::string op_, place_, path_, text_, message_;
};

struct ShapeError : Error {
  using Error::Error;
};  ///< sizes that do not fit
struct DtypeError : Error {
  using Error::Error;
};  ///< a dtype that an op does not accept
struct IndexError : Error {
  using Error::Error;
};  ///< an index or label out of range
struct ValueError : Error {
  using Error::Error;
};  ///< an option out of range
struct IoError : Error {
  using Error::Error;
};  ///< files: missing, truncated, in another format
struct StateError : Error {
  using Error::Error;
};  ///< a call that the current state does not allow
struct OutOfMemoryError : Error {
  using Error::Error;
};  ///< a tensor larger than the available memory

/// Throws E with the formatted message unless `ok`. Start the message with the op's name in brackets: "[matmul] ...".
template <class E = Error, class... Args>
inline void check(bool ok, fmt::format_string<const Args&...> format, const Args&... args) {
  if (!ok) [[unlikely]]
    throw E(fmt::vformat(format, fmt::make_format_args(args...)));
}

/// The system's text for errno.
std::string system_reason();

/// Throws IoError with the formatted message and the system's reason unless `ok`, which may be the system call itself:
/// errno is read after all arguments were evaluated.
template <class... Args>
inline void check_system(bool ok, fmt::format_string<const Args&...> format, const Args&... args) {
  if (ok) return;
  const std::string reason = system_reason();
  throw IoError(fmt::vformat(format, fmt::make_format_args(args...)) + ": " + reason);
}

/// Throws E with the formatted message.
template <class E = Error, class... Args>
[[noreturn]] inline void fail(fmt::format_string<const Args&...> format, const Args&... args) {
  throw E(fmt::vformat(format, fmt::make_format_args(args...)));
}

}  // namespace weft
