"""How fast civicsim is: ``python -m benchmarks`` from the root of the repository measures it anew."""
