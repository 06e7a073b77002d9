"""The switch of telemetry for all clients, as OpenTelemetry's automatic instrumentation finds it."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from .._policy.telemetry import Telemetry
from .._policy.unobserved import Instrumented

if TYPE_CHECKING:
    from opentelemetry.metrics import MeterProvider
    from opentelemetry.trace import TracerProvider


class UniqOSInstrumentor:
    """Turns telemetry on for all clients of this process that have no ``telemetry=`` of their own.

    ``opentelemetry-instrument`` finds it by the entry point ``opentelemetry_instrumentor``. It has the interface of
    ``opentelemetry.instrumentation.instrumentor.BaseInstrumentor`` without that package. Nothing is patched.
    """

    def instrumentation_dependencies(self) -> Collection[str]:
        """Return no requirement: the package instruments itself."""
        return ()

    def instrument(
        self,
        *,
        tracer_provider: TracerProvider | None = None,
        meter_provider: MeterProvider | None = None,
        **options: object,
    ) -> None:
        """Turn telemetry on, for clients that exist already too.

        Args:
            tracer_provider: Makes the spans; by default the global one of OpenTelemetry.
            meter_provider: Makes the metrics; by default the global one of OpenTelemetry.
            **options: Options of other instrumentations, such as ``skip_dep_check``, which are ignored.

        Source: this SDK.
        """
        Instrumented.settings = Telemetry(tracer_provider=tracer_provider, meter_provider=meter_provider)

    def uninstrument(self, **options: object) -> None:
        """Turn telemetry off again, except for clients with ``telemetry=``.

        Args:
            **options: Ignored.

        Source: this SDK.
        """
        Instrumented.settings = None

    @property
    def is_instrumented_by_opentelemetry(self) -> bool:
        """Whether telemetry is on."""
        return Instrumented.settings is not None
