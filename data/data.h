// Everything of data/: data sets, samplers, transforms, loader and files.
#pragma once

#include "weft/data/cross_validation.h"
#include "weft/data/csv.h"
#include "weft/data/data_loader.h"
#include "weft/data/dataset.h"
#include "weft/data/idx.h"
#include "weft/data/image_transforms.h"
#include "weft/data/location.h"
#include "weft/data/mnist.h"
#include "weft/data/pipelines.h"
#include "weft/data/png.h"
#include "weft/data/sampler.h"
#include "weft/data/subset.h"
#include "weft/data/synthetic_digits.h"
#include "weft/data/tensor_dataset.h"
#include "weft/data/transform.h"
