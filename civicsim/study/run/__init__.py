"""Running a study: chunks of runs on local processes or a cluster."""
