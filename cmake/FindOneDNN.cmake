# Finds oneDNN and the OpenMP runtime it is linked to: target OneDNN::dnnl. Used instead of oneDNN's own package file,
# which on Debian requires unused OpenCL headers.
find_path(OneDNN_INCLUDE_DIR dnnl.hpp)
find_library(OneDNN_LIBRARY dnnl)
if(OneDNN_INCLUDE_DIR)
  foreach(header IN ITEMS dnnl_version.h oneapi/dnnl/dnnl_version.h)
    if(EXISTS "${OneDNN_INCLUDE_DIR}/${header}")
      file(STRINGS "${OneDNN_INCLUDE_DIR}/${header}" _lines REGEX "#define DNNL_VERSION_(MAJOR|MINOR|PATCH) +[0-9]+")
      string(REGEX REPLACE "#define DNNL_VERSION_[A-Z]+ +" "" _lines "${_lines}")
      if(_lines)
        list(JOIN _lines "." OneDNN_VERSION)
      endif()
    endif()
  endforeach()
endif()

# weft calls two functions of oneDNN's OpenMP runtime to prevent it from starting threads.
if(OneDNN_LIBRARY AND NOT DEFINED OneDNN_OPENMP_RUNTIME)
  find_program(OneDNN_READELF NAMES readelf llvm-readelf)
  mark_as_advanced(OneDNN_READELF)
  execute_process(COMMAND "${OneDNN_READELF}" -d "${OneDNN_LIBRARY}" OUTPUT_VARIABLE _needed)
  if(_needed MATCHES "\\[(lib(gomp|omp|iomp5)\\.so[^]]*)\\]")
    find_library(OneDNN_OPENMP_RUNTIME NAMES "${CMAKE_MATCH_1}" REQUIRED)
  endif()
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(OneDNN REQUIRED_VARS OneDNN_LIBRARY OneDNN_INCLUDE_DIR VERSION_VAR OneDNN_VERSION)
mark_as_advanced(OneDNN_INCLUDE_DIR OneDNN_LIBRARY OneDNN_OPENMP_RUNTIME)
if(OneDNN_FOUND AND NOT TARGET OneDNN::dnnl)
  add_library(OneDNN::dnnl UNKNOWN IMPORTED)
  set_target_properties(OneDNN::dnnl PROPERTIES IMPORTED_LOCATION "${OneDNN_LIBRARY}"
                        INTERFACE_INCLUDE_DIRECTORIES "${OneDNN_INCLUDE_DIR}"
                        INTERFACE_LINK_LIBRARIES "${OneDNN_OPENMP_RUNTIME}")
endif()
