// The loops over consecutive elements that elementwise.cpp calls for its rows, by function, type and broadcast operand.
#pragma once

#include "weft/tensor/kernels/elementwise/elementwise.h"

namespace weft::kernel {

using UnaryLoop = void (*)(const void* x, void* out, int64_t n, double p, double q);
/// The operand that is one value for the entire row.
enum class Broadcast : uint8_t { None, A, B };
using BinaryLoop = void (*)(const void* a, const void* b, void* out, int64_t n, double p, double q);

/// The loop over consecutive elements of a type; null if the function does not support it.
UnaryLoop unary_loop(Unary f, Dtype dtype);
BinaryLoop binary_loop(Binary f, Dtype dtype, Broadcast broadcast);
BinaryLoop compare_loop(Compare f, Dtype dtype, Broadcast broadcast);

using FindUnary = UnaryLoop (*)(Unary);
using FindBinary = BinaryLoop (*)(Binary, Broadcast);
/// The float32 loops for this machine's instruction set; null for functions without a vector form.
UnaryLoop unary_loop_f32(Unary f);
BinaryLoop binary_loop_f32(Binary f, Broadcast broadcast);

}  // namespace weft::kernel
