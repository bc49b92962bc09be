import type { GatewayMetrics, RouteMetrics } from '@sluice/telemetry';

/**
 * The metrics of each route and service by name, so that a route compiled anew goes on counting where its predecessor
 * stopped, and a route that is gone gives its series back.
 */
export class RouteMetricsCache {
  readonly #metrics: GatewayMetrics;
  readonly #byRoute = new Map<string, Map<string, RouteMetrics>>();

  constructor(metrics: GatewayMetrics) {
    this.#metrics = metrics;
  }

  /** The metrics of a route on its way to a service; the service is empty when the route has none. */
  get(route: string, service: string): RouteMetrics {
    let byService = this.#byRoute.get(route);
    if (byService === undefined) this.#byRoute.set(route, (byService = new Map()));
    let metrics = byService.get(service);
    if (metrics === undefined) byService.set(service, (metrics = this.#metrics.route(route, service)));
    return metrics;
  }

  /** The route goes to these services now: what is counted for others it went to is given back. */
  keepServices(route: string, services: ReadonlySet<string>): void {
    const byService = this.#byRoute.get(route);
    for (const [service, metrics] of byService ?? []) {
      if (services.has(service)) continue;
      metrics.release();
      byService?.delete(service);
    }
  }

  /** The route is out of service. */
  forget(route: string): void {
    for (const metrics of this.#byRoute.get(route)?.values() ?? []) metrics.release();
    this.#byRoute.delete(route);
  }

  /** Forgets every route that is not among these. */
  keepOnly(routes: ReadonlySet<string>): void {
    for (const route of [...this.#byRoute.keys()]) if (!routes.has(route)) this.forget(route);
  }
}
