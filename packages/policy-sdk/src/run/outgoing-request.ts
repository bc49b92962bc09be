import { isHttp1Fault, isKnownMethod, isNormalPath, normalizeTarget } from '@sluice/http1';

/** The longest path that a policy may set. */
const maxPathLength = 8_192;

/** The request that the changes apply to. */
export interface ReceivedRequest {
  readonly method: string;
  /** The route accepts `%2F` and `%5C` in paths. */
  readonly keepsEncodedSlashes: boolean;
  /** The method cannot be changed: the request is a gRPC call, or asks for an upgrade. */
  readonly isMethodFixed: boolean;
}

/**
 * What policies have changed about the request line for the upstream. Policies, log and limits go
 * on to see the request as the client sent it.
 */
export class OutgoingRequest {
  /** Undefined while it is the client's. */
  method: string | undefined = undefined;
  /** Undefined while it is the one of the route's rewrite. */
  path: string | undefined = undefined;
  /** Text after the question mark. */
  query: string | undefined = undefined;
  /** Policies have set or removed the query. */
  hasOwnQuery = false;

  constructor(from?: OutgoingRequest) {
    if (from === undefined) return;
    this.method = from.method;
    this.path = from.path;
    this.query = from.query;
    this.hasOwnQuery = from.hasOwnQuery;
  }

  /** @throws TypeError when the method is unknown, or cannot be used for this request */
  setMethod(method: string, request: ReceivedRequest): void {
    if (!isKnownMethod(method) || method === 'CONNECT' || method === 'TRACE')
      throw new TypeError(`"${clipped(method)}" is no method that an upstream may receive`);
    if (method !== request.method) {
      if (request.isMethodFixed)
        throw new TypeError('the method of a gRPC call or an upgrade cannot be changed');
      // The client or the upstream would wait for content that does not come.
      if (method === 'HEAD' || request.method === 'HEAD')
        throw new TypeError('HEAD cannot be changed to another method, nor another method to HEAD');
    }
    this.method = method;
  }

  /** @throws TypeError when the path is too long, or not in normal form */
  setPath(path: string, { keepsEncodedSlashes }: ReceivedRequest): void {
    const options = { encodedSlash: keepsEncodedSlashes ? 'keep' : 'refuse' } as const;
    if (typeof path !== 'string' || path.length > maxPathLength || !isNormalPath(path, options))
      throw new TypeError(`the path "${clipped(path)}" is too long or not in normal form`);
    this.path = path;
  }

  /** @throws TypeError when the query has characters that a request line cannot have */
  setQuery(query: string | undefined): void {
    if (query !== undefined) {
      const isValid = typeof query === 'string' && query.length <= maxPathLength;
      if (!isValid || isHttp1Fault(normalizeTarget(`/?${query}`)))
        throw new TypeError(`the query "${clipped(query)}" is too long or not well-formed`);
    }
    this.replaceQuery(query);
  }

  /** Like {@link setQuery}, for a part of a query that is known to be well-formed. */
  replaceQuery(query: string | undefined): void {
    this.query = query;
    this.hasOwnQuery = true;
  }
}

function clipped(text: unknown): string {
  return String(text).slice(0, 200);
}
