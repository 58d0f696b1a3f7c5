// What the parts of the model language do with words. Internal.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "weft/tensor/printable.h"

namespace weft::nn::lang {

/// Letters, digits and _, a letter or _ first.
bool is_word(std::string_view text);

/// "; did you mean 'conv'?", by edit distance, or "" where nothing is near.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& known);

}  // namespace weft::nn::lang
