// All of nn/: modules, containers, layers, losses, functional, init and the model language.
#pragma once

#include "weft/nn/attention.h"
#include "weft/nn/branches.h"
#include "weft/nn/container.h"
#include "weft/nn/functional.h"
#include "weft/nn/init.h"
#include "weft/nn/lang/pipe.h"
#include "weft/nn/lang/summary.h"
#include "weft/nn/lang/table.h"
#include "weft/nn/recurrent.h"
#include "weft/nn/recurrent_cell.h"
#include "weft/nn/transformer.h"
#include "weft/nn/utils/rnn.h"
