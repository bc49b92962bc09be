import { FieldName, listItems, type HeaderList } from '@sluice/http1';

/** A part of the request that is removed before it is forwarded; see `Exchange.hideOnForward`. */
export type RequestPart = FieldName | QueryParameters | Cookies | WebSocketProtocols;

/** Parameters of the query, by name. Names are compared exactly, once percent-decoded. */
export class QueryParameters {
  readonly #names: ReadonlySet<string>;

  constructor(names: readonly string[]) {
    this.#names = new Set(names);
  }

  /**
   * The values of the parameters in a query, in order, percent-decoded. A plus sign stays a plus
   * sign. Text that is not valid percent-encoding is returned as it is.
   */
  valuesIn(query: string): string[] {
    const values: string[] = [];
    for (const pair of query.split('&')) {
      if (!this.#names.has(nameOf(pair))) continue;
      const equals = pair.indexOf('=');
      values.push(equals < 0 ? '' : decoded(pair.slice(equals + 1)));
    }
    return values;
  }

  /**
   * The query without the parameters; every other byte stays as it was. Returns the same text when
   * it has none of them, and undefined when nothing is left.
   */
  without(query: string): string | undefined {
    const pairs = query.split('&');
    const others = pairs.filter((pair) => !this.#names.has(nameOf(pair)));
    if (others.length === pairs.length) return query;
    return others.length === 0 ? undefined : others.join('&');
  }
}

function nameOf(pair: string): string {
  const equals = pair.indexOf('=');
  return decoded(equals < 0 ? pair : pair.slice(0, equals));
}

function decoded(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const cookie = new FieldName('cookie');

/** Cookies by name (RFC 6265 section 5.4). Names are compared exactly, and nothing is decoded. */
export class Cookies {
  readonly #names: ReadonlySet<string>;

  constructor(names: readonly string[]) {
    this.#names = new Set(names);
  }

  /** The values of the cookies in a request, in order. */
  valuesIn(headers: HeaderList): string[] {
    const values: string[] = [];
    if (!headers.has(cookie)) return values;
    for (const line of headers.getAll(cookie))
      for (const pair of line.split(';')) {
        const equals = pair.indexOf('=');
        if (equals >= 0 && this.#names.has(pair.slice(0, equals).trim()))
          values.push(pair.slice(equals + 1).trim());
      }
    return values;
  }

  /** Removes the cookies from a request. The others stay in their order, byte for byte. */
  removeFrom(headers: HeaderList): void {
    if (!headers.has(cookie)) return;
    const before = headers.getAll(cookie);
    const after = before.map((line) => this.#without(line));
    if (after.every((line, index) => line === before[index])) return;
    replaceLines(headers, cookie, after);
  }

  #without(line: string): string {
    const pairs = line.split(';');
    const others = pairs.filter((pair) => {
      const equals = pair.indexOf('=');
      return equals < 0 || !this.#names.has(pair.slice(0, equals).trim());
    });
    return others.length === pairs.length ? line : others.join(';').trimStart();
  }
}

const protocol = new FieldName('sec-websocket-protocol');

/**
 * Subprotocols of a WebSocket handshake that begin with a prefix and carry a credential. Browsers
 * cannot set other fields of the handshake.
 */
export class WebSocketProtocols {
  readonly #prefix: string;

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /** What follows the prefix in the subprotocols of a request, in order. */
  valuesIn(headers: HeaderList): string[] {
    if (!headers.has(protocol)) return [];
    return listItems(headers.getAll(protocol))
      .filter((item) => item.startsWith(this.#prefix))
      .map((item) => item.slice(this.#prefix.length));
  }

  /**
   * Removes the subprotocols, so that the upstream chooses one of the others. The field is absent
   * when there are no others.
   */
  removeFrom(headers: HeaderList): void {
    if (!headers.has(protocol)) return;
    const offered = listItems(headers.getAll(protocol));
    const others = offered.filter((item) => !item.startsWith(this.#prefix));
    if (others.length < offered.length) replaceLines(headers, protocol, [others.join(', ')]);
  }
}

/** Replaces the lines of a field; empty ones are left out. */
function replaceLines(headers: HeaderList, name: FieldName, lines: readonly string[]): void {
  const [first, ...more] = lines.filter((line) => line !== '');
  if (first === undefined) {
    headers.remove(name);
    return;
  }
  headers.set(name, first);
  for (const line of more) headers.add(name, line);
}
