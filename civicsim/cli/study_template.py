"""The study file that ``civicsim study new`` writes: small enough to run, with everything else as comments."""

TEMPLATE = """\
# A study: a question, and the runs that answer it.
#     civicsim study check study.toml                 runs, time and disk space
#     civicsim study run study.toml --out results     run it; repeating the command resumes it
#     civicsim study report results                   the results on one page

question = "Do staff speak up more, five years after leaders stop punishing bad news?"
styles = ["status-quo", "civic-culture"]   # names, files of styles or scenarios, or "random:20"
seeds = 30                                 # matched runs of each point; or a list of seeds
weeks = 260

# Everything below is optional.
# title = "Fear and voice"
# expectation = "Voice rises within a year."        # written before the runs
# base = "my-trust.toml"                   # the organisation of all styles; or kind = "acute-trust"
# baseline = "status-quo"                  # what the others are compared with
# burn_in_weeks = 260
# measures = "all"                         # or "flagship", or a list of names
# summaries = ["last 52"]                  # also "all", "weeks 0-51", "lowest 13", "highest 13"
# weekly = ["quality_true"]                # measures of which every week is kept
# interventions = [{ name = "coaching", week = 0 }]   # dated changes in every run
# code = "mine.py"                         # your own WEEK or MEASURES

# [factors]                                # what decision makers set
# fear = [0.0, 0.2, 0.4]                   # a list is swept
# improvement_share = 0.05                 # a value is held
# permission = { low = 0.2, high = 0.8 }   # a range is sampled; also { mean, sd } or { low, mode, high }, or "full"

# [design]
# method = "grid"                          # one-at-a-time, latin-hypercube, sobol, morris, csv; or blocks [[runs]];
#                                          # or forms: every style in worlds whose rules have other forms
# n = 64                                   # rows of a hypercube, base sample of Sobol', trajectories of Morris
# seed = 1                                 # of the sample
# draws = 100                              # draws of the uncertainties

# [uncertainties]                          # not well known: every style meets every draw
# "voice.intercept" = { low = -1.8, high = -1.0 }

# [shocks]                                 # what may happen: every style meets every one
# none = []
# surge = [{ name = "surge", week = 52 }]

# [matters]                                # the smallest difference that matters
# quality_true = 0.01

# [precision]                              # add seeds until the paired intervals are narrow enough
# half_width = { quality_true = 0.005 }
# limit = 200
# batch = 10
"""
