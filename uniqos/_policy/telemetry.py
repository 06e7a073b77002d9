"""The settings of telemetry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from opentelemetry.metrics import MeterProvider
    from opentelemetry.trace import TracerProvider


@dataclass(frozen=True, kw_only=True)
class Telemetry:
    """The settings of the spans and metrics of a client.

    Attributes:
        tracer_provider: Makes the spans; by default the global one of OpenTelemetry.
        meter_provider: Makes the metrics; by default the global one of OpenTelemetry.
        emotions: Whether spans hold the inferred emotional state of the end user, which is personal data.
        propagate: Whether ``traceparent`` is sent to the API, so that both sides write into one trace. Baggage is
            never sent.
    """

    tracer_provider: TracerProvider | None = None
    meter_provider: MeterProvider | None = None
    emotions: bool = False
    propagate: bool = True


Telemetry.__module__ = "uniqos.telemetry"
