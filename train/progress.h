// The live progress line of a training run.
#pragma once

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <string>

namespace weft::train {

/// Rewrites one line of the terminal, a few times per second; silent if standard error is not a terminal.
class Progress {
 public:
  Progress();
  ~Progress() { clear(); }
  /// Shows `text` unless the previous one is younger than a tenth of a second.
  template <class Text>
  void show(Text&& text) {
    if (due()) write(text());
  }
  /// Removes the line before other output.
  void clear();

 private:
  bool due() const { return live_ && std::chrono::steady_clock::now() >= next_; }
  void write(const std::string& text);
  bool live_, shown_ = false;
  std::chrono::steady_clock::time_point next_;
};

/// Prints to standard output immediately. A failed write does not end the training: it remains an error of the stream,
/// which the program reports at its end.
template <class... Args>
void say(fmt::format_string<Args...> format, Args&&... args) {
  std::fputs(fmt::format(format, std::forward<Args>(args)...).c_str(), stdout);
  std::fflush(stdout);
}
/// A loss with four decimals; "nan" for a NaN of either sign.
std::string format_loss(double loss);
/// "0.8 s", "47 s", "3 min 05 s", "2 h 10 min"
std::string format_duration(double seconds);
/// "71,234"
std::string format_count(double n);

}  // namespace weft::train
