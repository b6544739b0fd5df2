"""The benchmarks: loads, what is measured, and the page that is written from it."""
