import { otherLabel } from '../names.ts';
import { maxGrpcStatus } from '../trace/grpc-status.ts';
import type { metricDefinitions } from '../names.ts';
import type { Counter, CounterSeries } from './counter.ts';
import type { Histogram, HistogramSeries } from './histogram.ts';

/** The metrics that are kept for each route. */
export interface RouteFamilies {
  readonly requests: Counter<typeof metricDefinitions.requests.labels>;
  readonly grpcResponses: Counter<typeof metricDefinitions.grpcResponses.labels>;
  readonly requestDuration: Histogram<typeof metricDefinitions.requestDuration.labels>;
  readonly requestBytes: Counter<typeof metricDefinitions.requestBytes.labels>;
  readonly responseBytes: Counter<typeof metricDefinitions.responseBytes.labels>;
}

/**
 * Status codes that are counted individually for a route; other codes of an upstream are counted
 * together.
 */
const maxStatuses = 32;

interface RouteSeries {
  readonly duration: HistogramSeries;
  readonly requestBytes: CounterSeries;
  readonly responseBytes: CounterSeries;
}

/**
 * The counters of one route and service. Created when the route is compiled. The first request
 * creates its series, so that a hundred thousand idle routes cost nothing and take no series from
 * those in use.
 */
export class RouteMetrics {
  readonly #families: RouteFamilies;
  readonly #route: string;
  readonly #service: string;
  readonly #byStatus = new Map<number, CounterSeries>();
  readonly #byGrpcStatus = new Map<number, CounterSeries>();
  #otherStatus: CounterSeries | undefined;
  #series: RouteSeries | undefined;
  #lastStatus = -1;
  #lastRequests: CounterSeries | undefined;
  #released = false;

  constructor(families: RouteFamilies, route: string, service: string) {
    this.#families = families;
    this.#route = route;
    this.#service = service;
  }

  /**
   * Counts one finished request. On the request path it costs a few additions once the series
   * exist.
   */
  record(status: number, durationMs: number, requestBytes: number, responseBytes: number): void {
    const series = (this.#series ??= this.#resolve());
    if (status !== this.#lastStatus || this.#lastRequests === undefined) {
      this.#lastStatus = status;
      this.#lastRequests = this.#requests(status);
    }
    this.#lastRequests.add(1);
    series.duration.record(durationMs / 1_000);
    series.requestBytes.add(requestBytes);
    series.responseBytes.add(responseBytes);
    if (this.#released) this.release();
  }

  /**
   * Counts one gRPC response by its `grpc-status`; those that gRPC does not define are counted
   * together.
   */
  recordGrpc(status: number): void {
    const key = status > maxGrpcStatus ? maxGrpcStatus + 1 : status;
    let series = this.#byGrpcStatus.get(key);
    if (series === undefined) {
      series = this.#families.grpcResponses.series(
        this.#route,
        key > maxGrpcStatus ? otherLabel : String(key),
      );
      this.#byGrpcStatus.set(key, series);
    }
    series.add(1);
    if (this.#released) this.release();
  }

  /**
   * Releases the series when the route is removed. Requests still in flight are counted all the
   * same.
   */
  release(): void {
    this.#released = true;
    for (const requests of this.#byStatus.values()) requests.release();
    for (const responses of this.#byGrpcStatus.values()) responses.release();
    this.#otherStatus?.release();
    this.#series?.duration.release();
    this.#series?.requestBytes.release();
    this.#series?.responseBytes.release();
    this.#byStatus.clear();
    this.#byGrpcStatus.clear();
    this.#otherStatus = undefined;
    this.#series = undefined;
    this.#lastRequests = undefined;
  }

  #resolve(): RouteSeries {
    return {
      duration: this.#families.requestDuration.series(this.#route),
      requestBytes: this.#families.requestBytes.series(this.#route),
      responseBytes: this.#families.responseBytes.series(this.#route),
    };
  }

  #requests(status: number): CounterSeries {
    const known = this.#byStatus.get(status);
    if (known !== undefined) return known;
    if (this.#byStatus.size >= maxStatuses) {
      this.#otherStatus ??= this.#families.requests.series(this.#route, this.#service, otherLabel);
      return this.#otherStatus;
    }
    const made = this.#families.requests.series(this.#route, this.#service, String(status));
    this.#byStatus.set(status, made);
    return made;
  }
}
