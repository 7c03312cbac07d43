"""The studies of civicsim: what they ask, how they are run, and the pages that report them. ``python -m experiments`` runs them."""
