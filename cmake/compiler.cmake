# Compiler settings for our own code; generated code links none of this.
if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "build type" FORCE)
endif()

# Build folders and checkouts of one machine share what one of them compiled:
# the folder is no part of the key.
find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
    set(ccache ${CMAKE_COMMAND} -E env CCACHE_NOHASHDIR=true CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}
        ${CCACHE_PROGRAM})
    set(CMAKE_C_COMPILER_LAUNCHER ${ccache})
    set(CMAKE_CXX_COMPILER_LAUNCHER ${ccache})
endif()

# GCC 12 knows mold by name; lld is the next best. Neither is needed.
find_program(MOLD_PROGRAM mold)
find_program(LLD_PROGRAM ld.lld)
if(MOLD_PROGRAM)
    add_link_options(-fuse-ld=mold)
elseif(LLD_PROGRAM)
    add_link_options(-fuse-ld=lld)
endif()

add_library(penstock_warnings INTERFACE)
target_compile_options(penstock_warnings INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion
    -Wnon-virtual-dtor -Wold-style-cast -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # GCC 12 sees overlapping copies in "literal" + std::string (its bug 105651).
    target_compile_options(penstock_warnings INTERFACE -Wno-restrict)
endif()

# The encoders live on crc32 and on 64-bit shifts: x86-64-v2 is every server of the last ten years.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|amd64|AMD64")
    add_compile_options(-msse4.2)
endif()

if(PENSTOCK_SANITIZE)
    add_compile_options(-fsanitize=${PENSTOCK_SANITIZE} -fno-omit-frame-pointer
        -fno-sanitize-recover=all)
    add_link_options(-fsanitize=${PENSTOCK_SANITIZE})
endif()
# The rooms tell the fuzzer which ways an input took; a target alone would see but its own few
# lines.
if(PENSTOCK_FUZZ)
    add_compile_options(-fsanitize=fuzzer-no-link)
endif()
