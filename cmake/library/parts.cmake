# Properties of rooms, folders and files: the rooms of the library from the lowest up, the parts built for size, and the
# installed headers.
set(WEFT_ROOMS tensor autograd nn optim data io train report)

# Built for size: code that no training step waits for. Half the code, in two thirds of the compile time.
set(WEFT_FOR_SIZE
    tensor/atomic_file.cpp tensor/file_bytes.cpp tensor/json.cpp tensor/named_tensors.cpp tensor/print.cpp
    tensor/printable.cpp tensor/safetensors.cpp
    autograd/anomaly.cpp autograd/gradcheck.cpp autograd/graph.cpp
    nn
    optim/lr_scheduler.cpp optim/optimizer.cpp optim/options.cpp optim/reduce_lr_on_plateau.cpp
    data/cross_validation.cpp data/csv.cpp data/csv_rows.cpp data/csv_text.cpp data/idx.cpp data/iris.cpp
    data/location.cpp data/png.cpp
    io
    train
    report)
# Exceptions within those folders.
set(WEFT_FOR_SPEED nn/container.cpp nn/fusion.cpp nn/linear.cpp train/nearest.cpp)

# Folders and headers that only the library's sources include; all other headers are installed.
set(WEFT_INTERNAL
    tensor/kernels tensor/onednn tensor/json.h
    autograd/ops
    io/bytes.h io/elements.h io/onnx_export.h io/onnx_graph.h io/onnx_ops.h io/onnx_writer.h io/pickle.h io/protobuf.h io/zip.h
    report/report_page.h report/report_style.h)

# weft_sources(OUT ENTRIES...): the sources of the entries, which are files or folders.
function(weft_sources out)
  set(sources "")
  foreach(entry IN LISTS ARGN)
    if(IS_DIRECTORY "${PROJECT_SOURCE_DIR}/${entry}")
      file(GLOB_RECURSE found CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/${entry}/*.cpp")
      list(APPEND sources ${found})
    else()
      list(APPEND sources "${PROJECT_SOURCE_DIR}/${entry}")
    endif()
  endforeach()
  set(${out} "${sources}" PARENT_SCOPE)
endfunction()
