// The loops over consecutive numbers that elementwise.cpp hands its rows to, by function, type and broadcast operand.
#pragma once

#include "weft/tensor/kernels/elementwise.h"

namespace weft::kernel {

using UnaryLoop = void (*)(const void* x, void* out, int64_t n, double p, double q);
/// Which operand is one number for the whole row.
enum class Broadcast : uint8_t { None, A, B };
using BinaryLoop = void (*)(const void* a, const void* b, void* out, int64_t n, double p, double q);

/// The loop for consecutive numbers of a type; null where the function is not for it.
UnaryLoop unary_loop(Unary f, Dtype dtype);
BinaryLoop binary_loop(Binary f, Dtype dtype, Broadcast broadcast);
BinaryLoop compare_loop(Compare f, Dtype dtype, Broadcast broadcast);

using FindUnary = UnaryLoop (*)(Unary);
using FindBinary = BinaryLoop (*)(Binary, Broadcast);
/// The float32 loops for the instruction set of this machine; null for functions without a vector form.
UnaryLoop unary_loop_f32(Unary f);
BinaryLoop binary_loop_f32(Binary f, Broadcast broadcast);

}  // namespace weft::kernel
