"""The text of ``civicsim --help``. It is written out so that nothing needs to be loaded to show it."""

OVERVIEW = """\
civicsim: how a civic culture grows or withers in a healthcare organisation.
A thinking aid, not a forecast.

Examples:
  civicsim demo                            six governance styles side by side
  civicsim run --style compact             one style, ten runs
  civicsim compare command civic-culture   styles against the status quo
  civicsim new my.toml                     start your own scenario
  civicsim run my.toml --set fear=0.1      run it with one value changed
  civicsim describe                        what happens in a week

Usage: civicsim [--json] [--quiet] COMMAND [OPTIONS]

Simulate:
  app        Open the page in a browser: explore, compare, try policies.
  demo       Compare six governance styles over five years and write the data.
  run        Run one scenario or style and summarise its results.
  compare    Compare styles or scenarios on matched runs.
  export     Write all data of a scenario: weeks, teams, network and events.
  order      Measure how far results depend on the order within a week.
  study      Run batch experiments and store their results.
  validate   Compare the status quo with published data on real organisations.
  calibrate  Find the parameter sets that fit published data.

Prepare:
  new        Write a scenario file to start from, with every lever explained.
  check      Check a scenario file and show what it changes.
  org        Import your organisation from a staff table; export networks.

Look things up:
  describe   Explain the week, processes, styles, parameters and measures.
  doctor     Check the installation and measure the speed of a run.
  warmup     Compile the model in advance, so that no run has to wait for it.

Words:
  style      how an organisation is governed: a set of values of the levers.
  lever      what leaders can set, such as fear, permission or hours for peers.
  seed       the number from which a run's organisation and random draws follow.
  burn-in    weeks at the status quo with which every run begins.
  matched    runs of two styles with the same organisation and random events.

Options, before or after the command:
  --json                 Print the result as JSON only.
  -q, --quiet            Show no progress and no hints.
  -h, --help             Show this text, or `civicsim COMMAND --help`.
  --version              Show the version.
  --install-completion   Let bash, zsh or fish complete commands with Tab.
  --show-completion      Show the completion script.

Results go to standard output, progress and hints to standard error. Exit code
0: done; 1: something is broken or failed; 2: a mistake in the command or its
files; 130: stopped with Ctrl-C. NO_COLOR switches colours off."""
