// Word helpers of the model language. Internal.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "weft/tensor/printable.h"

namespace weft::nn::lang {

/// The characters of words and numbers, whatever the locale.
inline bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
inline bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// True for letters, digits and _, starting with a letter or _.
bool is_word(std::string_view text);

/// "; did you mean 'conv'?", by edit distance, or "" if nothing is near.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& known);

}  // namespace weft::nn::lang
