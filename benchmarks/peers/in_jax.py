"""The workload in JAX: one compiled loop over weeks on the processor, with sums by segment."""

import sys

import jax
import jax.numpy as jnp
import numpy as np
from objects import SHOWN, read, serve

arrays, q = read(sys.argv[1])
_, index = np.unique(arrays["team"], return_inverse=True)
n, n_teams = len(index), int(index.max()) + 1
team, (to, friend) = jnp.asarray(index), jnp.asarray(arrays["ties"].T)
fixed = {name: jnp.asarray(arrays[name], dtype=jnp.float32) for name in arrays if name not in ("team", "ties")}
state_names = (*SHOWN, "noticed_memory", "voiced_memory")
size = jax.ops.segment_sum(jnp.ones(n), team, n_teams)[team]
n_friends = jax.ops.segment_sum(jnp.ones(len(to)), to, n)
most = int(q["most"])


def of_team(x):
    """Return for each person the sum over the team, without the person."""
    return jax.ops.segment_sum(x, team, n_teams)[team] - x


def around(x):
    """Return for each person the sum over team and friends."""
    return of_team(x) + jax.ops.segment_sum(x[friend], to, n)


def week(state, key):
    """Simulate a week."""
    keys = jax.random.split(key, 5)
    s = dict(zip(state_names, state, strict=True))
    noticed, voiced = around(s["noticed_memory"]), around(s["voiced_memory"])
    norm = jnp.minimum(1.0, (voiced + q["prior_events"] * q["prior_share"]) / (noticed + q["prior_events"]))
    near = size - 1 + n_friends
    found = jnp.minimum(jax.random.poisson(keys[0], fixed["rate"]), most)
    readiness = (
        fixed["ground"]
        + q["safety_weight"] * s["safety"]
        + q["efficacy_weight"] * s["efficacy"]
        + q["agency_weight"] * s["agency"]
        - q["exhaustion_weight"] * s["exhaustion"]
        + q["norm_weight"] * norm
    )
    chance = jax.nn.sigmoid(readiness[:, None] + q["severity_weight"] * jax.random.uniform(keys[1], (n, most)))
    spoken = (jax.random.uniform(keys[2], (n, most)) < chance) & (jnp.arange(most) < found[:, None])
    said = spoken.sum(axis=1)
    grounds = jnp.clip(fixed["safety_goal"] + q["norm_safety"] * norm, 0.0, 1.0)
    company = jnp.where(near > 0, around(s["safety"]) / jnp.maximum(near, 1), grounds)
    mixed = q["susceptibility"] * company + (1.0 - q["susceptibility"]) * grounds
    tired = jnp.where(size > 1, of_team(s["exhaustion"]) / jnp.maximum(size - 1, 1), s["exhaustion"])
    agency = s["agency"] + q["agency_rate"] * (fixed["agency_goal"] - s["agency"])
    exhaustion = (
        s["exhaustion"]
        + fixed["push"]
        + q["contagion"] * (tired - s["exhaustion"])
        - q["influence"] * agency
        - q["return_rate"] * (s["exhaustion"] - fixed["exhaustion_goal"])
        + q["noise_shared"] * jax.random.normal(keys[3], (n_teams,))[team]
        + q["noise_alone"] * jax.random.normal(keys[4], (n,))
    )
    after = {
        "safety": s["safety"] + q["safety_rate"] * (mixed - s["safety"]),
        "efficacy": s["efficacy"] + q["experience_rate"] * (fixed["efficacy_goal"] - s["efficacy"]),
        "agency": agency,
        "exhaustion": exhaustion,
    }
    after = {name: jnp.clip(x, 0.0, 1.0) for name, x in after.items()}
    after |= {
        "noticed_memory": q["keep"] * s["noticed_memory"] + found,
        "voiced_memory": q["keep"] * s["voiced_memory"] + said,
    }
    means = {name: after[name].mean() for name in SHOWN} | {"voiced": said.mean()}
    return tuple(after[name] for name in state_names), means


simulate_all = jax.jit(lambda state, keys: jax.lax.scan(week, state, keys)[1])
runs = iter(range(10**9))


def simulate(state, weeks):
    """Simulate some weeks and return their means."""
    means = simulate_all(state, jax.random.split(jax.random.key(next(runs)), weeks))
    return {name: float(x.mean()) for name, x in means.items()}


serve(lambda: tuple(fixed[name] for name in state_names), simulate)
