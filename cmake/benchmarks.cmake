# bench/*.cpp becomes encoder_bench: what one row costs in each format, without I/O.
file(GLOB bench_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/bench/*.cpp)
if(bench_sources)
    add_executable(encoder_bench ${bench_sources})
    target_link_libraries(encoder_bench PRIVATE penstock_base penstock_encode penstock_proto
        benchmark::benchmark benchmark::benchmark_main)
endif()
