// namespace F = weft::nn::functional: every layer as a function, with libtorch's option structs. Each is declared
// beside its layer; the plain forms (arguments instead of options) are those of namespace weft.
#pragma once

#include "weft/autograd/functions.h"
#include "weft/nn/activation.h"
#include "weft/nn/batchnorm.h"
#include "weft/nn/conv.h"
#include "weft/nn/dropout.h"
#include "weft/nn/embedding.h"
#include "weft/nn/flatten.h"
#include "weft/nn/linear.h"
#include "weft/nn/loss.h"
#include "weft/nn/normalization.h"
#include "weft/nn/pooling.h"
