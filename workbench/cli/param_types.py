"""Types of command line parameters."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from pathlib import Path

import click

from workbench.units import dollars


class Dollars(click.ParamType[float]):
    """An amount: `2`, `0.05`, `1e-3`, `$2` or `2.00 USD`; not negative, finite."""

    name = "USD"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """US dollars. Raises click's usage error."""
        text = str(value)
        try:
            amount = float(text)
        except ValueError:
            try:
                amount = dollars(text)
            except ValueError as error:
                self.fail(str(error), param, ctx)
        if not math.isfinite(amount) or amount < 0:
            self.fail(f"{text!r} is no amount: write 2.00", param, ctx)
        return amount


class Moment(click.ParamType[datetime]):
    """A time: `2026-03-01`, `2026-03-01T12:00Z`; without a zone it is UTC."""

    name = "TIME"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """A time with its zone. Raises click's usage error."""
        if isinstance(value, datetime):
            return value
        try:
            moment = datetime.fromisoformat(str(value).replace("Z", "+00:00"))
        except ValueError:
            self.fail(f"{value!r} is no time: write 2026-03-01T12:00Z", param, ctx)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


class Names(click.ParamType[tuple[str, ...]]):
    """Names separated by commas."""

    name = "A,B"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        """The names. Raises click's usage error for none."""
        if isinstance(value, tuple):
            return value
        names = tuple(part.strip() for part in str(value).split(","))
        if not all(names):
            self.fail(f"{value!r} lacks a name", param, ctx)
        return names


labels_option = click.option(
    "--labels",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="People's labels of the answers, which correct a judge of the gate.",
)
models_option = click.option(
    "--model",
    "models",
    type=Names(),
    metavar="A,B",
    help="On these models in place of its own: ID, or PROVIDER:ID.",
)
