"""Many runs, kept with their results and compared with care."""
