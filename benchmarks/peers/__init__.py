"""The same rules in other packages for agent-based models, each written as its documentation suggests.

The workload: staff in teams, with ties to others. Each week they

1. notice problems: Poisson numbers, at a rate of each person's own, at most eight;
2. voice each with a chance that rises with safety, efficacy, agency, belonging and standing, with the severity of the problem and with
   what colleagues did lately, and falls with exhaustion; colleagues are those of the team and those they have ties to, and what they did
   fades over weeks;
3. learn: efficacy and agency return to where experience of the place leads them, safety moves to a mean of that of colleagues and own
   grounds;
4. tire: load, treatment, tired colleagues in the team, support, influence and chance move exhaustion.

Load, treatment, managers, practices, ties and posts stay as they are. These are the processes ``noticing``, ``voice``, ``learning`` and
``exhaustion`` of civicsim; :mod:`benchmarks.peers.workload` writes their start, and civicsim is timed with only these, its weekly record
included. Random numbers are each package's own, so that means agree and single runs do not.

Each package runs in an environment of its own, see :mod:`benchmarks.peers.race`. A script gets the file of the start as its argument; for
each line with a number of weeks that it reads it simulates these from the start and prints seconds and means as JSON.
"""
