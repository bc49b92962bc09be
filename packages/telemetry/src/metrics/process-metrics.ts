import { backgroundFaultCounts, backgroundPlaces } from '@sluice/errors';
import { metricDefinitions } from '../names.ts';
import { residentBytes } from '../process/resident-memory.ts';
import type { EventLoopLag } from './event-loop-lag.ts';
import type { MetricsRegistry } from './registry.ts';

/** Adds the metrics of the process to a registry: build, CPU time, memory, event loop lag. */
export function addProcessMetrics(
  registry: MetricsRegistry,
  facts: { version: string; lag: EventLoopLag },
): void {
  const buildInfo = registry.gauge(metricDefinitions.buildInfo);
  const eventLoopLag = registry.gauge(metricDefinitions.eventLoopLag);
  const cpu = registry.counter(metricDefinitions.processCpu).series();
  const memory = registry.gauge(metricDefinitions.processMemory);
  const start = registry.gauge(metricDefinitions.processStart);
  const faults = registry.counter(metricDefinitions.backgroundFaults);
  const faultsOf = backgroundPlaces.map((place) => ({ place, series: faults.series(place) }));
  buildInfo.set(1, facts.version, process.versions.node);
  start.set(performance.timeOrigin / 1_000);
  registry.onCollect(() => {
    const { user, system } = process.cpuUsage();
    cpu.add((user + system) / 1e6 - cpu.value);
    memory.set(residentBytes());
    eventLoopLag.set(facts.lag.p99Ms() / 1_000);
    const counts = backgroundFaultCounts();
    for (const { place, series } of faultsOf) series.add((counts.get(place) ?? 0) - series.value);
  });
}
