"""The workload in mesa-frames: all staff in one Polars frame, with expressions over teams and a join along ties."""

import sys

import numpy as np
import polars as pl
from mesa_frames import AgentSetPolars, ModelDF
from objects import SHOWN, read, serve

arrays, q = read(sys.argv[1])
ties = pl.DataFrame({"to": arrays["ties"][:, 0], "friend": arrays["ties"][:, 1]})
SEEN = ("noticed_memory", "voiced_memory", "safety")


class Staff(AgentSetPolars):
    """All staff."""

    def __init__(self, model):
        super().__init__(model)
        columns = {name: arrays[name] for name in arrays if name != "ties"}
        self.add(pl.DataFrame({"unique_id": np.arange(len(arrays["team"])), **columns}))
        self.rng = np.random.default_rng()

    def look_around(self):
        """See what colleagues and friends did, and how safe they feel."""
        own = self.agents.select("unique_id", *SEEN)
        of_friends = (
            ties.join(own, left_on="friend", right_on="unique_id")
            .group_by("to")
            .agg(*(pl.col(name).sum().alias(f"{name}_of") for name in SEEN), pl.len().alias("friends"))
        )
        beside = (
            self.agents.select("unique_id")
            .join(of_friends, left_on="unique_id", right_on="to", how="left")
            .fill_null(0)
        )
        total = {name: pl.col(name).sum().over("team") - pl.col(name) + beside[f"{name}_of"] for name in SEEN}
        near = pl.len().over("team") - 1 + beside["friends"]
        norm = (total["voiced_memory"] + q["prior_events"] * q["prior_share"]) / (
            total["noticed_memory"] + q["prior_events"]
        )
        self.agents = self.agents.with_columns(
            norm.clip(0.0, 1.0).alias("norm"),
            (total["safety"] / near).alias("company"),
            ((pl.col("exhaustion").sum().over("team") - pl.col("exhaustion")) / (pl.len().over("team") - 1)).alias(
                "tired"
            ),
        )

    def speak(self):
        """Notice problems, and voice some."""
        frame, most = self.agents, int(q["most"])
        found = np.minimum(self.rng.poisson(frame["rate"].to_numpy()), most)
        readiness = (
            frame.select(
                pl.col("ground")
                + q["safety_weight"] * pl.col("safety")
                + q["efficacy_weight"] * pl.col("efficacy")
                + q["agency_weight"] * pl.col("agency")
                - q["exhaustion_weight"] * pl.col("exhaustion")
                + q["norm_weight"] * pl.col("norm")
            )
            .to_series()
            .to_numpy()
        )
        who = np.repeat(np.arange(len(frame)), found)
        x = readiness[who] + q["severity_weight"] * self.rng.random(len(who))
        said = np.bincount(who[self.rng.random(len(who)) < 1.0 / (1.0 + np.exp(-x))], minlength=len(frame))
        self.agents = frame.with_columns(
            pl.Series("voiced", said),
            (q["keep"] * pl.col("noticed_memory") + pl.Series(found)).alias("noticed_memory"),
            (q["keep"] * pl.col("voiced_memory") + pl.Series(said)).alias("voiced_memory"),
        )

    def learn_and_tire(self):
        """Move beliefs and exhaustion."""
        frame = self.agents
        grounds = (pl.col("safety_goal") + q["norm_safety"] * pl.col("norm")).clip(0.0, 1.0)
        mixed = q["susceptibility"] * pl.col("company").fill_nan(grounds) + (1.0 - q["susceptibility"]) * grounds
        agency = pl.col("agency") + q["agency_rate"] * (pl.col("agency_goal") - pl.col("agency"))
        teams = frame["team"].rank("dense").to_numpy() - 1
        event = self.rng.standard_normal(int(teams.max()) + 1)[teams]
        chance = pl.Series(q["noise_shared"] * event + q["noise_alone"] * self.rng.standard_normal(len(frame)))
        exhaustion = (
            pl.col("exhaustion")
            + pl.col("push")
            - q["influence"] * agency
            + q["contagion"] * (pl.col("tired").fill_nan(pl.col("exhaustion")) - pl.col("exhaustion"))
            - q["return_rate"] * (pl.col("exhaustion") - pl.col("exhaustion_goal"))
            + chance
        )
        efficacy = pl.col("efficacy") + q["experience_rate"] * (pl.col("efficacy_goal") - pl.col("efficacy"))
        self.agents = frame.with_columns(
            (pl.col("safety") + q["safety_rate"] * (mixed - pl.col("safety"))).clip(0.0, 1.0).alias("safety"),
            efficacy.clip(0.0, 1.0).alias("efficacy"),
            agency.clip(0.0, 1.0).alias("agency"),
            exhaustion.clip(0.0, 1.0).alias("exhaustion"),
        )

    def step(self):
        """Simulate a week."""
        self.look_around()
        self.speak()
        self.learn_and_tire()


class Organisation(ModelDF):
    """All staff, and what they were on average each week."""

    def __init__(self):
        super().__init__()
        self.staff, self.collected = Staff(self), []
        self.agents += self.staff

    def step(self):
        """Simulate a week."""
        self.agents.do("step")
        frame = self.agents._agentsets[0].agents
        self.collected.append(frame.select(pl.col(*SHOWN, "voiced").mean()))


def simulate(model, weeks):
    """Simulate some weeks and return their means."""
    for _ in range(weeks):
        model.step()
    return pl.concat(model.collected).mean().row(0, named=True)


serve(Organisation, simulate)
