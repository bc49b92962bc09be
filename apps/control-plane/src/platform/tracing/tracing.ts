import { randomUUID } from 'node:crypto';
import type { TraceSettings } from '@sluice/telemetry';
import type { ControlPlaneMetrics } from '../metrics/control-plane-metrics.ts';
import type { Logger } from '../logger.ts';

const shutdownMs = 2_000;

/** Tracing that was started. */
export interface Tracing {
  /** Sends the spans that are left and ends; takes at most two seconds and never rejects. */
  stop(): Promise<void>;
}

const untraced: Tracing = { stop: async () => undefined };

/**
 * Starts tracing when an endpoint is set. The SDK is loaded only then, because it takes time and
 * memory. An endpoint that does not answer costs spans, which are counted, and two lines in the
 * log.
 */
export async function startTracing(
  settings: TraceSettings,
  version: string,
  metrics: ControlPlaneMetrics,
  logger: Logger,
): Promise<Tracing> {
  const { otlp } = settings;
  if (otlp === undefined) return untraced;
  const { registerSdk } = await import('./sdk.ts');
  const shutdown = registerSdk({
    ...settings,
    otlp: {
      ...otlp,
      onExported: (spans) => metrics.spansExported.add(spans),
      onDropped: (spans) => metrics.spansDropped.add(spans),
      warn: (message) => logger.warn(message),
    },
    resource: { serviceName: 'sluice-control-plane', instanceId: randomUUID(), version },
  });
  return { stop: () => shutdown(shutdownMs) };
}
