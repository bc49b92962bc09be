import type { FieldName, HeaderList } from '@sluice/http1';

/** A resource as others refer to it. */
export interface ResourceRef {
  readonly id: string;
  readonly name: string;
}

/** One limit of a quota: so many requests per calendar window (UTC), or a token bucket when `burst` is given. */
export interface QuotaLimit {
  readonly requests: number;
  readonly per: QuotaPeriod;
  readonly burst: number | undefined;
}

export type QuotaPeriod = 'second' | 'minute' | 'hour' | 'day' | 'month' | 'year';

/** A quota where it is attached: `scope` names whose use is counted, such as `consumer:<id>` or `route:<id>`. */
export interface AttachedQuota extends ResourceRef {
  readonly scope: string;
  readonly limits: readonly QuotaLimit[];
}

/** The authenticated caller. */
export interface Consumer {
  readonly id: string;
  readonly username: string;
  readonly customId: string | undefined;
  /** Names of the groups, in the order they are written. */
  readonly groups: readonly string[];
  /** The consumer's own quotas, then those of its groups. All are counted per consumer. */
  readonly quotas: readonly AttachedQuota[];
}

/** The credential the caller was recognised by. */
export interface Credential extends ResourceRef {
  readonly kind: 'key';
  /** Milliseconds since the epoch; undefined when it does not expire. */
  readonly expiresAtMs: number | undefined;
}

/** The matched route as policies see it. */
export interface RouteView extends ResourceRef {
  /** Quotas of the route, then of its service. */
  readonly quotas: readonly AttachedQuota[];
}

/**
 * One request on its way and the answer to it, as policies see it. No Node or socket object is reachable from here. It is
 * valid until the `settle` phase ends, and until the time of a hook that waits is up: what is done to it later has no effect.
 */
export interface Exchange {
  readonly requestId: string;
  /** RFC 9110 method, as sent. */
  readonly method: string;
  /** How the client sent the request: what its connection says, behind trusted proxies what they say in X-Forwarded-Proto. */
  readonly scheme: 'http' | 'https';
  /** Host without port, normalised: the very string the router used. */
  readonly host: string;
  /** Path, normalised: the very string the router used. */
  readonly path: string;
  /** Query without the question mark, as sent; empty when there is none. */
  readonly query: string;
  /** Whether the target has a question mark: `/x?` and `/x` are two targets. */
  readonly hasQuery: boolean;
  /** Request fields, credentials among them. Changes are what the upstream sees. */
  readonly headers: HeaderList;
  /** Bytes of content announced: 0 when there is none, -1 when the length is not known beforehand. */
  readonly contentLength: number;
  /** The client's address without port, behind trusted proxies the one they report. */
  readonly clientAddress: string;
  readonly gateway: ResourceRef;
  /**
   * Whether a route takes the request. The gateway's own policies run in `receive`, `limit`, `respond` and `settle` also for
   * requests that are refused because no route does.
   */
  readonly matched: boolean;
  /** The matched route; its id and name are empty when there is none. */
  readonly route: RouteView;
  /** The chosen service; undefined when the route has none because a policy answers. */
  readonly service: ResourceRef | undefined;
  readonly consumer: Consumer | undefined;
  readonly credential: Credential | undefined;
  /**
   * Aborted when a hook took longer than it may, or the client left while a hook was waiting: pass it to what a hook waits
   * for. Made when it is first asked for.
   */
  readonly signal: AbortSignal;
  /** States who calls. The first statement wins: a later call is ignored. */
  identify(consumer: Consumer, credential: Credential): void;
  /** Lowers the number of content bytes accepted; exceeding it while streaming ends in 413. Never raises it. */
  limitContent(maxBodyBytes: number): void;
  /**
   * Has fields, such as those with credentials, taken away on the way to the upstream: right before the `transform` phase.
   * Until then every policy sees the request as it came.
   * @param names prepared once; the list is kept, so it must not change
   */
  hideOnForward(names: readonly FieldName[]): void;
  /**
   * Remembers a field to be added to whatever response is sent, ours or the upstream's. Remembered fields are in place
   * before the `respond` phase begins. In shadow mode nothing is remembered.
   * @param name as text, or prepared once when it is the same for every request
   */
  addResponseHeader(name: string | FieldName, value: string): void;
  /** The same, but replaces fields of that name: those remembered before, and those of the response itself. */
  setResponseHeader(name: string | FieldName, value: string): void;
}

/** The head of a final response on its way to the client. */
export interface ResponseHead {
  status: number;
  readonly headers: HeaderList;
  /** Who made it: the upstream, or the gateway (a denial, an error, a policy's own answer). */
  readonly origin: 'upstream' | 'gateway';
}
