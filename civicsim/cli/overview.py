"""What ``civicsim --help`` says. Plain text, so that nothing needs to be loaded to show it."""

OVERVIEW = """\
civicsim: how a civic culture grows or withers in a healthcare organisation.
A thinking aid, not a forecast.

Examples:
  civicsim demo                            six governance styles side by side
  civicsim run --style compact             one style, ten runs
  civicsim compare command civic-culture   styles against the status quo
  civicsim new my.toml                     start a scenario of your own
  civicsim run my.toml --set fear=0.1      run it, with one value changed
  civicsim describe                        what happens in a week

Usage: civicsim [--json] [--quiet] COMMAND [OPTIONS]

Simulate:
  app        Open the page: explore, compare, try policies, take lessons.
  demo       Compare six governance styles over five years, and write the data.
  run        Run one scenario or style, and sum up what comes of it.
  compare    Compare styles or scenarios on matched runs.
  export     Write everything about a scenario: weeks, teams and network.
  order      Report how far results move with the order within a week.
  study      Run batches of points and seeds that survive interruptions.
  validate   Hold the status quo against what is known of real organisations.
  calibrate  Find the parameters that fit what is known.

Prepare:
  new        Write a scenario file to start from.
  check      Read a scenario file, and say what is wrong or what it changes.
  org        Read your own organisation from a staff table; write its network.

Look things up:
  describe   Explain the week, a process, style, parameter, measure, lever or
             shock.
  doctor     Check the installation, and measure the speed of a run.
  warmup     Compile the model beforehand, so that no run has to wait for it.

Words:
  style      how an organisation is governed: a set of values on the levers.
  lever      what leaders can set, such as fear, permission or hours for peers.
  seed       the number that an organisation and its luck follow from.
  burn-in    weeks at the status quo that every organisation lives first.
  matched    runs of two styles with the same organisation and the same luck.

Options, before or after the command:
  --json                 Print the result as JSON, and nothing else.
  -q, --quiet            No progress and no hints.
  -h, --help             Show this text, or `civicsim COMMAND --help`.
  --version              Show the version.
  --install-completion   Let bash, zsh or fish complete commands with Tab.
  --show-completion      Show the completion script.

Results go to standard output, progress and hints to standard error. Exit code
0: done; 1: something is broken; 2: something to put right in what you asked;
130: stopped with Ctrl-C. NO_COLOR switches colours off."""
