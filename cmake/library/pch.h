// What most of the library's sources spend their time on, precompiled.
#include <fmt/format.h>

#include "weft/autograd/record.h"
#include "weft/tensor/creation.h"
#include "weft/tensor/parallel.h"
