#include "weft/nn/lang/words.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace weft::nn::lang {
namespace {

/// The edit distance: letters changed, added, removed or exchanged with their neighbour.
size_t distance(std::string_view a, std::string_view b) {
  std::vector<size_t> before(b.size() + 1), row(b.size() + 1), next(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    next[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      next[j] = std::min({row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        next[j] = std::min(next[j], before[j - 2] + 1);
    }
    before.swap(row);
    row.swap(next);
  }
  return row.back();
}

}  // namespace

bool is_word(std::string_view text) {
  return !text.empty() && is_letter(text.front()) &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_letter(c) || is_digit(c); });
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& known) {
  constexpr size_t kLongest = 40;
  if (word.size() > kLongest) return {};
  const std::string* nearest = nullptr;
  size_t least = 1 + word.size() / 3;
  for (const std::string& candidate : known)
    if (const size_t d = distance(word, candidate); d < least || (d == least && !nearest))
      least = d, nearest = &candidate;
  return nearest ? fmt::format("; did you mean '{}'?", *nearest) : "";
}

}  // namespace weft::nn::lang
