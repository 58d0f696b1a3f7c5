// All optimizers, schedulers and gradient clipping.
#pragma once

#include "weft/optim/adadelta.h"
#include "weft/optim/adagrad.h"
#include "weft/optim/adam.h"
#include "weft/optim/adamax.h"
#include "weft/optim/adamw.h"
#include "weft/optim/clip_grad.h"
#include "weft/optim/lr_scheduler.h"
#include "weft/optim/nadam.h"
#include "weft/optim/radam.h"
#include "weft/optim/reduce_lr_on_plateau.h"
#include "weft/optim/rmsprop.h"
#include "weft/optim/sgd.h"
