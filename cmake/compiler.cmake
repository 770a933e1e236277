# Compiler, warnings, sanitizers, linker, ccache.
set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE OFF)

find_program(CURFEW_CCACHE ccache)
if(CURFEW_CCACHE)
    set(CMAKE_CXX_COMPILER_LAUNCHER
        ${CMAKE_COMMAND} -E env
        CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
        CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1
        ${CURFEW_CCACHE})
endif()

add_compile_options(
    -Wall -Wextra -Wpedantic -Wconversion -Wno-sign-conversion -Wnon-virtual-dtor
    -Woverloaded-virtual -Werror -fno-omit-frame-pointer)
# g++ counts members as shadowed too, which clang does not: one meaning for both.
add_compile_options($<IF:$<CXX_COMPILER_ID:Clang>,-Wshadow,-Wshadow=local>)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    add_compile_options(-fcolor-diagnostics)
    add_link_options(-fuse-ld=lld-19)
endif()
# A test program ends within its time, or it hangs; a sanitizer makes simulated hours five to ten
# times as long.
set(CURFEW_TEST_TIMEOUT 120)
if(CURFEW_SANITIZE)
    set(CURFEW_TEST_TIMEOUT 1800)
    add_compile_options(-fsanitize=${CURFEW_SANITIZE} -fno-sanitize-recover=all)
    add_link_options(-fsanitize=${CURFEW_SANITIZE})
endif()
if(CURFEW_FUZZ)
    add_compile_options(-fsanitize=fuzzer-no-link)
endif()
