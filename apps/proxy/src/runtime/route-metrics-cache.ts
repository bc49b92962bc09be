import type { GatewayMetrics, RouteMetrics } from '@sluice/telemetry';

/**
 * The metrics of each route and service by name. A recompiled route continues the counts of its
 * predecessor, and a removed route releases its series.
 */
export class RouteMetricsCache {
  readonly #metrics: GatewayMetrics;
  readonly #byRoute = new Map<string, Map<string, RouteMetrics>>();

  constructor(metrics: GatewayMetrics) {
    this.#metrics = metrics;
  }

  /** The metrics of a route and service; the service is empty when the route has none. */
  get(route: string, service: string): RouteMetrics {
    let byService = this.#byRoute.get(route);
    if (byService === undefined) this.#byRoute.set(route, (byService = new Map()));
    let metrics = byService.get(service);
    if (metrics === undefined)
      byService.set(service, (metrics = this.#metrics.route(route, service)));
    return metrics;
  }

  /** Keeps the series for these services of the route and releases the others. */
  keepServices(route: string, services: ReadonlySet<string>): void {
    const byService = this.#byRoute.get(route);
    for (const [service, metrics] of byService ?? []) {
      if (services.has(service)) continue;
      metrics.release();
      byService?.delete(service);
    }
  }

  /** Releases all series of a removed route. */
  forget(route: string): void {
    for (const metrics of this.#byRoute.get(route)?.values() ?? []) metrics.release();
    this.#byRoute.delete(route);
  }

  /** Forgets every route that is not in the set. */
  keepOnly(routes: ReadonlySet<string>): void {
    for (const route of [...this.#byRoute.keys()]) if (!routes.has(route)) this.forget(route);
  }
}
