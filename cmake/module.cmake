# curfew_module(NAME [DEPENDS modules...] [LIBRARIES public...] [PRIVATE_LIBRARIES private...])
#
# One module, one target `curfew_NAME` from src/*.cpp (without *_test.cpp, *_bench.cpp), its public
# headers in include/; the tests become `NAME_test`, the benchmarks `NAME_bench` (not built by
# default), and each public header compiles alone in `NAME_headers`.
function(curfew_module name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "DEPENDS;LIBRARIES;PRIVATE_LIBRARIES;TEST_DEPENDS")
    set(root ${CMAKE_CURRENT_SOURCE_DIR})
    file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${root}/src/*.cpp)
    set(tests ${sources})
    set(benches ${sources})
    list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
    list(FILTER benches INCLUDE REGEX "_bench\\.cpp$")
    list(FILTER sources EXCLUDE REGEX "_(test|bench)\\.cpp$")
    list(TRANSFORM arg_DEPENDS PREPEND curfew_)
    list(TRANSFORM arg_TEST_DEPENDS PREPEND curfew_)

    if(sources)
        add_library(curfew_${name} STATIC ${sources})
        target_include_directories(curfew_${name}
            PUBLIC $<BUILD_INTERFACE:${root}/include> PRIVATE ${root}/src)
        target_link_libraries(curfew_${name}
            PUBLIC ${arg_DEPENDS} ${arg_LIBRARIES} PRIVATE ${arg_PRIVATE_LIBRARIES})
    else()
        add_library(curfew_${name} INTERFACE)
        target_include_directories(curfew_${name} INTERFACE $<BUILD_INTERFACE:${root}/include>)
        target_link_libraries(curfew_${name} INTERFACE ${arg_DEPENDS} ${arg_LIBRARIES})
    endif()
    add_library(curfew::${name} ALIAS curfew_${name})
    curfew_check_headers(${name})

    if(tests)
        find_package(GTest REQUIRED)
        add_executable(${name}_test ${tests})
        target_include_directories(${name}_test PRIVATE ${root}/src)
        target_link_libraries(${name}_test
            PRIVATE curfew_${name} ${arg_TEST_DEPENDS} ${arg_PRIVATE_LIBRARIES} GTest::gmock_main)
        curfew_precompile_test(${name}_test)
        add_test(NAME ${name} COMMAND ${name}_test --gtest_brief=1)
        set_tests_properties(${name} PROPERTIES TIMEOUT ${CURFEW_TEST_TIMEOUT} LABELS unit)
    endif()
    if(benches)
        find_package(benchmark REQUIRED)
        add_executable(${name}_bench EXCLUDE_FROM_ALL ${benches})
        target_include_directories(${name}_bench PRIVATE ${root}/src)
        target_link_libraries(${name}_bench
            PRIVATE curfew_${name} ${arg_PRIVATE_LIBRARIES} benchmark::benchmark_main)
    endif()
endfunction()

# gtest and the std headers every test pulls in, once for all test programs.
function(curfew_precompile_test target)
    if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
        return()
    endif()
    target_compile_options(${target} PRIVATE -Xclang -fno-pch-timestamp)
    if(NOT TARGET curfew_test_pch)
        set(stub ${CMAKE_BINARY_DIR}/test_pch.cpp)
        file(WRITE ${stub} "")
        add_library(curfew_test_pch OBJECT ${stub})
        target_compile_options(curfew_test_pch PRIVATE -Xclang -fno-pch-timestamp)
        target_link_libraries(curfew_test_pch PRIVATE GTest::gmock)
        target_precompile_headers(curfew_test_pch PRIVATE
            <gmock/gmock.h> <gtest/gtest.h>
            <chrono> <expected> <functional> <map> <memory> <optional> <random> <span> <string>
            <string_view> <vector>)
    endif()
    target_precompile_headers(${target} REUSE_FROM curfew_test_pch)
endfunction()

# One translation unit a public header: a header that needs another include first does not build.
function(curfew_check_headers name)
    set(include ${CMAKE_CURRENT_SOURCE_DIR}/include)
    file(GLOB_RECURSE headers CONFIGURE_DEPENDS RELATIVE ${include} ${include}/*.hpp)
    if(NOT headers)
        return()
    endif()
    set(units)
    foreach(header IN LISTS headers)
        string(REPLACE "/" "_" unit ${header})
        set(unit ${CMAKE_CURRENT_BINARY_DIR}/headers/${unit}.cpp)
        file(CONFIGURE OUTPUT ${unit} CONTENT "#include <${header}>\n")
        list(APPEND units ${unit})
    endforeach()
    add_library(${name}_headers OBJECT EXCLUDE_FROM_ALL ${units})
    target_link_libraries(${name}_headers PRIVATE curfew_${name})
    set_property(GLOBAL APPEND PROPERTY CURFEW_HEADER_TARGETS ${name}_headers)
endfunction()
