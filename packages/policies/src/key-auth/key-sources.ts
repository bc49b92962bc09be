import {
  Cookies,
  FieldName,
  QueryParameters,
  WebSocketProtocols,
  type Exchange,
  type RequestPart,
} from '@sluice/policy-sdk';

/** Where keys may come from. */
export interface KeySourceNames {
  readonly headerNames: readonly string[];
  readonly queryNames?: readonly string[] | undefined;
  readonly cookieNames?: readonly string[] | undefined;
  readonly webSocketProtocol?: string | undefined;
}

/** A part of the request other than a header that may carry keys. */
export interface KeySource {
  /** What it may carry, for removal. */
  readonly part: RequestPart;
  /** A browser adds it to the requests of every page. */
  readonly isCookie: boolean;
  /** All values that it carries in a request; empty ones count as none. */
  readonly read: (exchange: Exchange) => readonly string[];
}

/** The parts of a request that may carry a key, and how a client learns of them. */
export interface KeySources {
  readonly headers: readonly FieldName[];
  readonly others: readonly KeySource[];
  /** All parts, for removal. */
  readonly parts: readonly RequestPart[];
  /** Names the first source, in a parameter of the challenge. */
  readonly parameter: string;
  /** Names the first source, in a sentence. */
  readonly place: string;
}

/** Prepares the configured sources; there is one at least. */
export function keySources(names: KeySourceNames): KeySources {
  const { headerNames, queryNames = [], cookieNames = [], webSocketProtocol: prefix } = names;
  const headers = headerNames.map((name) => new FieldName(name.toLowerCase()));
  const others: KeySource[] = [];
  if (queryNames.length > 0) {
    const part = new QueryParameters(queryNames);
    const read = ({ query }: Exchange): readonly string[] =>
      query === '' ? none : part.valuesIn(query);
    others.push({ part, isCookie: false, read });
  }
  if (cookieNames.length > 0) {
    const part = new Cookies(cookieNames);
    others.push({ part, isCookie: true, read: (exchange) => part.valuesIn(exchange.headers) });
  }
  if (prefix !== undefined) {
    const part = new WebSocketProtocols(prefix);
    others.push({ part, isCookie: false, read: (exchange) => part.valuesIn(exchange.headers) });
  }
  const parts = [...headers, ...others.map(({ part }) => part)];
  return { headers, others, parts, ...described(names) };
}

const none: readonly string[] = Object.freeze([]);

function described({
  headerNames: [header],
  queryNames: [parameter] = [],
  cookieNames: [cookie] = [],
  webSocketProtocol: prefix,
}: KeySourceNames): Pick<KeySources, 'parameter' | 'place'> {
  if (header !== undefined) {
    const lower = header.toLowerCase();
    return { parameter: `header="${lower}"`, place: `in the header ${lower}` };
  }
  if (parameter !== undefined)
    return { parameter: `query="${parameter}"`, place: `in the query parameter ${parameter}` };
  if (cookie !== undefined)
    return { parameter: `cookie="${cookie}"`, place: `in the cookie ${cookie}` };
  return {
    parameter: `subprotocol="${prefix}"`,
    place: `as a WebSocket subprotocol, after ${prefix}`,
  };
}
