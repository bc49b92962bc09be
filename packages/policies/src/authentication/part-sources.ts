import {
  Cookies,
  QueryParameters,
  WebSocketProtocols,
  type Exchange,
  type RequestPart,
} from '@sluice/policy-sdk';

/** The parts of a request, other than headers, that may carry a credential. */
export interface PartNames {
  readonly queryNames?: readonly string[] | undefined;
  readonly cookieNames?: readonly string[] | undefined;
  /** What a WebSocket subprotocol with a credential begins with. */
  readonly webSocketProtocol?: string | undefined;
}

/** A part of the request other than a header that may carry a credential. */
export interface PartSource {
  /** What it may carry, for removal. */
  readonly part: RequestPart;
  /** A browser adds it to the requests of every page. */
  readonly isCookie: boolean;
  /** All values that it carries in a request; empty ones count as none. */
  readonly read: (exchange: Exchange) => readonly string[];
}

/**
 * Prepares the configured parts, in the order query, subprotocols, cookies: a page that knows the
 * credential and sends it otherwise needs no cookie.
 */
export function partSources(names: PartNames): PartSource[] {
  const { queryNames = [], cookieNames = [], webSocketProtocol: prefix } = names;
  const sources: PartSource[] = [];
  if (queryNames.length > 0) {
    const part = new QueryParameters(queryNames);
    const read = ({ query }: Exchange): readonly string[] =>
      query === '' ? none : part.valuesIn(query);
    sources.push({ part, isCookie: false, read });
  }
  if (prefix !== undefined) {
    const part = new WebSocketProtocols(prefix);
    sources.push({ part, isCookie: false, read: (exchange) => part.valuesIn(exchange.headers) });
  }
  if (cookieNames.length > 0) {
    const part = new Cookies(cookieNames);
    sources.push({ part, isCookie: true, read: (exchange) => part.valuesIn(exchange.headers) });
  }
  return sources;
}

const none: readonly string[] = Object.freeze([]);
