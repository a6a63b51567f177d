"""Gaussian mixtures over colours, fitted by expectation-maximisation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from local.darkroom.grid import Field

FLOOR = 6e-4


@dataclass(frozen=True)
class Mixture:
    """K full-covariance Gaussians: weight (K), mean (K, d), covariance (K, d, d)."""

    weight: Field
    mean: Field
    cov: Field

    def log_parts(self, points: Field) -> Field:
        """Return the log of each component's weighted density, (K, n)."""
        parts = np.empty((len(self.weight), len(points)), np.float32)
        for k, (weight, mean, cov) in enumerate(zip(self.weight, self.mean, self.cov, strict=True)):
            whiten = np.linalg.inv(np.linalg.cholesky(cov))
            d = (points - mean) @ whiten.T.astype(np.float32)
            norm = np.log(weight + 1e-12) + np.log(np.abs(np.diag(whiten))).sum()
            parts[k] = norm - 0.5 * np.einsum("ij,ij->i", d, d)
        return parts

    def log_density(self, points: Field) -> Field:
        """Return the log density of each point up to a constant."""
        return logsumexp(self.log_parts(points))

    def marginal(self, count: int) -> Mixture:
        """Forget all but the first `count` dimensions."""
        return Mixture(self.weight, self.mean[:, :count], self.cov[:, :count, :count])


def logsumexp(parts: Field) -> Field:
    """Sum exponentials over the first axis without overflow."""
    top = parts.max(0)
    return np.asarray(top + np.log(np.exp(parts - top).sum(0)))


def seed_mixture(points: Field, weights: Field, count: int, rng: np.random.Generator) -> Mixture:
    """Spread `count` equal components over the points, far from each other, likely where heavy."""
    distance = np.full(len(points), 1.0)
    means = []
    for _ in range(count):
        chance = np.cumsum(np.asarray(weights, np.float64) * distance)
        pick = int(np.searchsorted(chance / chance[-1], rng.random()))
        means.append(points[min(pick, len(points) - 1)])
        away = ((points - means[-1]) ** 2).sum(1)
        distance = away if len(means) == 1 else np.minimum(distance, away)
        distance = distance + 1e-9
    cov = np.tile(np.eye(points.shape[1], dtype=np.float32) * 0.01, (count, 1, 1))
    return Mixture(np.full(count, 1 / count, np.float32), np.stack(means), cov)


def improve(mixture: Mixture, points: Field, weights: Field, rounds: int) -> Mixture:
    """Run some rounds of weighted EM from the given mixture."""
    for _ in range(rounds):
        parts = mixture.log_parts(points)
        share = np.exp(parts - logsumexp(parts)) * weights
        total = share.sum(1) + 1e-6
        mean = (share @ points) / total[:, None]
        cov = np.empty_like(mixture.cov)
        for k in range(len(total)):
            d = points - mean[k]
            cov[k] = (d * share[k][:, None]).T @ d / total[k] + FLOOR * np.eye(points.shape[1])
        mixture = Mixture((total / total.sum()).astype(np.float32), mean.astype(np.float32), cov)
    return mixture
