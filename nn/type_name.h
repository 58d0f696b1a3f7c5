// The readable name of a C++ type.
#pragma once

#include <string>
#include <typeinfo>

namespace weft::nn {

/// "weft::Tensor" for typeid(Tensor).
std::string type_name(const std::type_info& type);

}  // namespace weft::nn
