"""The plain twin: the weekly model as plain Python objects, slow and readable, which the compiled engine has to equal.

``people`` and ``patients`` hold the persons, ``team`` the teams with their practices and ideas, ``organisation`` those who
steer, ``week`` the order in which things happen. ``loading`` reads a start from an engine's tables, ``comparing`` tells
where twin and engine differ. Nothing here imports a compiled rule.
"""
