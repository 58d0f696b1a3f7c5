// Tensors, autograd, modules, optimizers, data, and the files of models: `#include "weft/weft.h"`. Other headers of
// train/ would add a quarter of a second to the compiling of each program, and are included by name: train/run.h (Run,
// with evaluate, Metrics and EarlyStopping), train/evaluate.h, train/metrics.h, train/early_stopping.h,
// train/nearest.h, train/sweep.h, report/report.h, report/chart.h, train/stop_signals.h.
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
#include "weft/train/model_file.h"
#include "weft/train/serialize.h"
#include "weft/version.h"
