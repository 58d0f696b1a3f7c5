# Installs weft's build tree BUILD into WORK/prefix, then configures, builds and runs the consumer against it.
# usage: cmake -DBUILD=... -DWORK=... -DCXX=... -DGENERATOR=... -P check.cmake
function(run)
  execute_process(COMMAND ${ARGN} COMMAND_ERROR_IS_FATAL ANY)
endfunction()
file(REMOVE_RECURSE "${WORK}")
run("${CMAKE_COMMAND}" --install "${BUILD}" --prefix "${WORK}/prefix")
if(NOT EXISTS "${WORK}/prefix/share/weft/iris.csv")
  message(FATAL_ERROR "share/weft/iris.csv was not installed")
endif()
run("${CMAKE_COMMAND}" -S "${CMAKE_CURRENT_LIST_DIR}" -B "${WORK}/build" -G "${GENERATOR}" -DCMAKE_BUILD_TYPE=Release
    "-DCMAKE_PREFIX_PATH=${WORK}/prefix" "-DCMAKE_CXX_COMPILER=${CXX}")
run("${CMAKE_COMMAND}" --build "${WORK}/build")
run("${WORK}/build/consumer")
