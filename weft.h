// All of weft, for programs: `#include "weft/weft.h"`.
#pragma once

#include "weft/autograd/autograd.h"
#include "weft/autograd/function.h"
#include "weft/autograd/functions.h"
#include "weft/autograd/gradcheck.h"
#include "weft/autograd/nn_ops.h"
#include "weft/autograd/record.h"
#include "weft/data/data.h"
#include "weft/nn/nn.h"
#include "weft/optim/optim.h"
#include "weft/tensor/creation.h"
#include "weft/tensor/parallel.h"
#include "weft/tensor/random.h"
#include "weft/tensor/safetensors.h"
#include "weft/tensor/tensor.h"
#include "weft/train/checkpoint.h"
#include "weft/train/serialize.h"
