import { NameBeginnings, plainFieldName, type HopByHopOptions } from '@sluice/http1';

/** Fields that tell upstreams the caller's identity. A client must not set them itself. */
const identity = ['x-consumer-', 'x-credential-'];
/** The same, and the forwarding fields: only a trusted proxy may set those. */
const identityAndOrigin = [...identity, 'x-forwarded-', 'x-real-ip', 'forwarded'];

/**
 * Request fields that clients need for other purposes. They are left in the requests of all routes,
 * also when a policy of one route may set them: that policy replaces them on its own routes.
 */
const ofClients: ReadonlySet<string> = new Set([
  'accept',
  'accept-charset',
  'accept-encoding',
  'accept-language',
  'authorization',
  'cache-control',
  'connection',
  'content-encoding',
  'content-language',
  'content-length',
  'content-type',
  'cookie',
  'date',
  'expect',
  'from',
  'host',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'origin',
  'pragma',
  'prefer',
  'priority',
  'proxy-authorization',
  'range',
  'referer',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'user-agent',
]);

/**
 * The request fields that only the gateway and its policies may set, prepared when the set of
 * policies changes: the prefixes of the gateway, and the names that policies declare.
 */
export class ProtectedFields {
  /** Removed from every request. */
  readonly always: NameBeginnings;
  /** Removed from requests of peers that are not trusted proxies. */
  readonly fromUntrusted: NameBeginnings;
  /** Removed from trailers. */
  readonly inTrailers: NameBeginnings;
  /**
   * Lower-case names that a policy of some route reads: they are removed on the other routes.
   * Undefined when there are none.
   */
  readonly readOnSomeRoutes: readonly string[] | undefined;
  /** How hop-by-hop fields are removed. */
  readonly hopByHop: HopByHopOptions;

  /**
   * @param upstreamFields names that policies may set for the upstream, in any spelling
   * @param readFields names that policies read, which are left on their routes
   */
  constructor(upstreamFields: Iterable<string> = [], readFields: Iterable<string> = []) {
    const all = new Set(Array.from(upstreamFields, plainFieldName));
    const names = [...all].filter((name) => !ofClients.has(name));
    const read = new Set<string>();
    for (const name of readFields) {
      const plain = plainFieldName(name);
      if (all.has(plain) && !ofClients.has(plain)) read.add(name.toLowerCase());
    }
    this.always = new NameBeginnings(identity, names, read);
    this.fromUntrusted = new NameBeginnings(identityAndOrigin, names, read);
    this.inTrailers = new NameBeginnings(identityAndOrigin, all);
    this.readOnSomeRoutes = read.size === 0 ? undefined : [...read];
    this.hopByHop = Object.freeze({ keep: all.size === 0 ? undefined : all });
  }
}

/** Those of a gateway without policies that set fields. */
export const gatewayFields = new ProtectedFields();
