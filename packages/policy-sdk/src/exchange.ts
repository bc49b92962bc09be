import type { FieldName, HeaderList } from '@sluice/http1';
import type { RequestPart } from './request-parts.ts';
import type { RequestBody } from './body.ts';
import type { LimitDecision } from '@sluice/ratelimit';
import type { Period } from '@sluice/schema';
import type { ExchangeData } from './data.ts';
import type { Reply } from './reply.ts';

/** A reference to a resource. */
export interface ResourceRef {
  readonly id: string;
  readonly name: string;
}

/**
 * One limit of a quota: a number of requests per calendar window (UTC), or a token bucket when
 * `burst` is given.
 */
export interface QuotaLimit {
  readonly requests: number;
  readonly per: QuotaPeriod;
  readonly burst: number | undefined;
}

export type QuotaPeriod = Period;

/**
 * An attached quota: `scope` names the subject that is counted, such as `consumer:<id>` or
 * `route:<id>`.
 */
export interface AttachedQuota extends ResourceRef {
  readonly scope: string;
  readonly limits: readonly QuotaLimit[];
}

/** The authenticated caller. */
export interface Consumer {
  readonly id: string;
  readonly username: string;
  readonly customId: string | undefined;
  /** Names of the groups, in the order of the configuration. */
  readonly groups: readonly string[];
  /** Ids of the groups. They stay the same when a group is renamed. */
  readonly groupIds: readonly string[];
  /** The consumer's own quotas, then those of its groups. All are counted per consumer. */
  readonly quotas: readonly AttachedQuota[];
}

/** The credential that authenticated the caller. */
export interface Credential extends ResourceRef {
  /** Type of the credential: `key`, `basic`. */
  readonly type: string;
  /** Milliseconds since the epoch; undefined when it does not expire. */
  readonly expiresAtMs: number | undefined;
  /** True while an operator has disabled it: requests with it are refused. */
  readonly isDisabled?: boolean;
  /**
   * Whether the credential is still valid in the configuration that is in service now: false after
   * it was deleted, disabled or given another secret, after its consumer was deleted, and after it
   * has expired. Absent for credentials that are not part of the configuration.
   */
  readonly isLive?: () => boolean;
}

/** The verified certificate of a client. */
export interface PeerCertificate {
  /** Distinguished name (RFC 4514), the most specific part first: `CN=orders,O=Acme`. */
  readonly subject: string;
  readonly issuer: string;
  /** Alternative names with their types: `DNS:a.test`, `URI:spiffe://acme/orders`, `IP:::1`. */
  readonly sans: readonly string[];
  /** SHA-256 of the certificate, pairs of hexadecimal digits with colons. */
  readonly fingerprint256: string;
  /** Hexadecimal digits. */
  readonly serialNumber: string;
  readonly pem: string;
  /** The certificate in DER. */
  readonly raw: Uint8Array;
}

/** The matched route as policies see it. */
export interface RouteView extends ResourceRef {
  /** Quotas of the route, then of its service. */
  readonly quotas: readonly AttachedQuota[];
}

/**
 * One request and its response, as policies see them. No Node or socket object is reachable from
 * here. Valid until the `settle` phase ends, or until an asynchronous hook times out: later changes
 * have no effect.
 */
export interface Exchange {
  readonly requestId: string;
  /** RFC 9110 method, as sent. */
  readonly method: string;
  /**
   * Scheme of the request: that of its connection or, behind trusted proxies, that of
   * X-Forwarded-Proto.
   */
  readonly scheme: 'http' | 'https';
  /** Host without port, normalised: the string that the router used. */
  readonly host: string;
  /** Path, normalised: the string that the router used. */
  readonly path: string;
  /** Query without the question mark, as sent; empty when there is none. */
  readonly query: string;
  /** Whether the target has a question mark: `/x?` and `/x` are two targets. */
  readonly hasQuery: boolean;
  /**
   * The request target exactly as the client sent it (RFC 9112 section 3.2), such as `/a%2Db?c` or
   * `http://a.test/b`; in HTTP/2 the value of `:path`.
   */
  readonly rawTarget: string;
  /** The HTTP version of the client's connection: `1.0`, `1.1` or `2`. */
  readonly protocol: string;
  /** Request fields, including credentials. The upstream receives them with all changes. */
  readonly headers: HeaderList;
  /**
   * Length of the content in bytes: 0 when there is none, -1 when the length is not known in
   * advance. Once a policy has read or replaced the whole content, its length is known.
   */
  readonly contentLength: number;
  /** The content of the request, for policies that read or replace it. */
  readonly requestBody: RequestBody;
  /** The client's address without port; behind trusted proxies, the one that they report. */
  readonly clientAddress: string;
  readonly gateway: ResourceRef;
  /**
   * Whether a route matches the request. The gateway's own policies run in `receive`, `limit`,
   * `respond` and `settle` also for requests that are refused because no route matches.
   */
  readonly matched: boolean;
  /** The matched route; its id and name are empty when there is none. */
  readonly route: RouteView;
  /** The chosen service; undefined when the route has none because a policy answers. */
  readonly service: ResourceRef | undefined;
  /** Path parameters of the match, by name; empty when the route has none. */
  readonly params: Readonly<Record<string, string>>;
  readonly consumer: Consumer | undefined;
  readonly credential: Credential | undefined;
  /** What the alternative that authenticated the caller states about it. */
  readonly claims: Readonly<Record<string, unknown>> | undefined;
  /** Identifies the caller where it was authenticated, such as `sub` of a token. */
  readonly subject: string | undefined;
  /**
   * The 401 for a request whose caller has to be known and is not: with the challenges of the
   * policies that authenticate callers here.
   */
  readonly unauthorized: Reply;
  /** Groups that the token of the caller states; its consumer's are in `consumer.groups`. */
  readonly tokenGroups: readonly string[] | undefined;
  /** Whether the caller is in further groups, which its token does not list. */
  readonly groupsOverage: boolean;
  /** The verified certificate of the client; undefined when it presented none. */
  readonly peerCertificate: PeerCertificate | undefined;
  /** Values that policies pass to later policies and phases. Created on first access. */
  readonly data: ExchangeData;
  /**
   * Aborted when a hook times out, or when the client disconnects while a hook is waiting: pass it
   * to asynchronous work of a hook. Created on first access.
   */
  readonly signal: AbortSignal;
  /**
   * Sets the caller. The first call wins; later calls are ignored. A policy whose schema says
   * `authenticates` returns a `Principal` instead.
   */
  identify(consumer: Consumer, credential?: Credential): void;
  /**
   * Lowers the number of content bytes accepted; exceeding it while streaming ends in 413. Never
   * raises it.
   */
  limitContent(maxBodyBytes: number): void;
  /**
   * Sets the method of the request to the upstream. Policies and the log still see the method
   * of the client, and likewise for path and query. Has no effect after the `answer` phase.
   * @throws TypeError for a method that is unknown or cannot be forwarded, for a change to or from
   *   HEAD, and for gRPC calls and upgrades
   */
  setMethod(method: string): void;
  /**
   * Sets the path of the request to the upstream, as it is sent: the rewrite of the route and the
   * base path of the service do not apply.
   * @throws TypeError when the path is not in normal form; see `isNormalPath`
   */
  setPath(path: string): void;
  /**
   * Sets the query of the request to the upstream, without the question mark; undefined removes it.
   * @throws TypeError when it has characters that a query cannot have
   */
  setQuery(query: string | undefined): void;
  /**
   * Sends the request to another service. The policies and quotas of the route's own service still
   * apply. Returns false, and changes nothing, when the gateway has no service of this id or name.
   * @throws TypeError when the service has policies or quotas, because they would be skipped
   */
  useService(nameOrId: string): boolean;
  /**
   * Removes fields, query parameters, cookies or subprotocols, such as those with credentials, from
   * the request to the upstream, right before the `transform` phase. Until then every policy sees
   * the request as the client sent it; `query` stays that of the client.
   * @param parts prepared once; the list is kept, so it must not change
   */
  hideOnForward(parts: readonly RequestPart[]): void;
  /**
   * Adds a field to the response, whether the gateway or the upstream makes it. The fields are in
   * place before the `respond` phase begins. In shadow mode the call has no effect.
   * @param name text, or a prepared name when it is the same for every request
   */
  addResponseHeader(name: string | FieldName, value: string): void;
  /**
   * Like `addResponseHeader`, but replaces earlier fields of that name, including those of the
   * response itself.
   */
  setResponseHeader(name: string | FieldName, value: string): void;
  /**
   * The decision that is closest to refusing, of the limits that were counted so far. A policy that
   * counts limits keeps it up to date: the X-RateLimit fields describe one limit of all policies.
   */
  closestLimit: LimitDecision | undefined;
}

/** The head of a final response, before it is sent to the client. */
export interface ResponseHead {
  status: number;
  readonly headers: HeaderList;
  /**
   * The origin of the response: the upstream, or the gateway (a denial, an error, a reply of a
   * policy).
   */
  readonly origin: 'upstream' | 'gateway';
}
