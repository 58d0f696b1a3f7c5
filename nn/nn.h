// Everything of nn/: modules, containers, layers, losses, functional and init.
#pragma once

#include "weft/nn/container.h"
#include "weft/nn/functional.h"
#include "weft/nn/init.h"
