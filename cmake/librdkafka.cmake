# RdKafka::rdkafka: the system's librdkafka when it is new enough, otherwise a pinned release that
# cmake/build-librdkafka fetches by hash and builds once into the cache outside of the build folder.
#
# 2.10 is the oldest that may carry transactions for us: before it a metadata query on a dead
# broker could block the discovery of the coordinator, and before 2.3 a disconnect could put the
# sequence numbers of the idempotent producer out of step.
find_package(PkgConfig REQUIRED)
pkg_check_modules(system_rdkafka QUIET IMPORTED_TARGET rdkafka>=2.10)

add_library(RdKafka::rdkafka INTERFACE IMPORTED)
if(system_rdkafka_FOUND AND NOT PENSTOCK_SANITIZE MATCHES thread)
    message(STATUS "librdkafka: the system's ${system_rdkafka_VERSION}")
    target_link_libraries(RdKafka::rdkafka INTERFACE PkgConfig::system_rdkafka)
else()
    # The thread sanitizer knows pthread_create and pthread_mutex_lock, not thrd_create and mtx_lock
    # of C11: on threads and behind locks that it does not know it crashes and cries wolf.
    set(rdkafka_variant)
    if(PENSTOCK_SANITIZE MATCHES thread)
        set(rdkafka_variant pthreads)
    endif()
    execute_process(
        COMMAND ${CMAKE_COMMAND} -E env CC=${CMAKE_C_COMPILER} CXX=${CMAKE_CXX_COMPILER}
            ${CMAKE_CURRENT_LIST_DIR}/build-librdkafka ${rdkafka_variant}
        OUTPUT_VARIABLE rdkafka_prefix OUTPUT_STRIP_TRAILING_WHITESPACE
        RESULT_VARIABLE rdkafka_result)
    if(NOT rdkafka_result EQUAL 0)
        message(FATAL_ERROR "librdkafka could not be built; the lines above say why")
    endif()
    message(STATUS "librdkafka: static, from ${rdkafka_prefix}")
    find_package(OpenSSL REQUIRED)
    find_package(ZLIB REQUIRED)
    find_package(CURL REQUIRED)
    pkg_check_modules(zstd REQUIRED IMPORTED_TARGET libzstd)
    target_include_directories(RdKafka::rdkafka SYSTEM INTERFACE ${rdkafka_prefix}/include)
    target_link_libraries(RdKafka::rdkafka INTERFACE
        ${rdkafka_prefix}/lib/librdkafka.a CURL::libcurl PkgConfig::zstd
        OpenSSL::SSL OpenSSL::Crypto ZLIB::ZLIB Threads::Threads m dl)
endif()
