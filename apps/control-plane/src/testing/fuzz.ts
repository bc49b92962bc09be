/**
 * Generates requests for every operation of an OpenAPI document: some are valid, most have unusual
 * or invalid parts. The same seed generates the same requests.
 */

type Json = Readonly<Record<string, unknown>>;

/** One operation of the document. */
export interface FuzzOperation {
  readonly method: string;
  readonly path: string;
  readonly operation: Json;
}

/** A generated request, which must be sent unchanged. */
export interface FuzzRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly content: string | undefined;
}

const cursor = (key: unknown): string =>
  Buffer.from(JSON.stringify([1, key])).toString('base64url');

/**
 * Percent-encoded path segments: names of resources that often exist, or that any resource may
 * have.
 */
const segments = ['example', 'a', 'b', 'c', 'default', 'static-response', '1', 'node-1'];
const strangeSegments = [
  '%00',
  'a%00b',
  '%ED%A0%80',
  '%C0%80',
  '%ff',
  '.',
  '..',
  '%2e%2e',
  'a%2Fb',
  '%5C',
  '%F0%9F%98%80',
  'x'.repeat(65),
  'x'.repeat(2_000),
  '%25',
  '-',
  '_',
  '0',
  '-1',
  '1e3',
  '99999999999999999999',
  'null',
  'constructor',
  '__proto__',
  '%7Bid%7D',
  '*',
  '%0d%0a',
  "'%20OR%201=1--",
  '00000000-0000-4000-8000-000000000000',
  'FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF',
];
const strangeParameters = [
  '',
  '0',
  '-1',
  '1001',
  '1e3',
  '99999999999999999999',
  'applied',
  '5s',
  '1ms',
  '1m',
  '61s',
  '0s',
  'x',
  'null',
  'true',
  '%00',
  '%ED%A0%80',
  '%zz',
  '%F0%9F%98%80',
  'x'.repeat(1_025),
  'a,b',
  '%27',
  'default',
  'example',
  cursor('a'),
  cursor('\u0000'),
  cursor('\ud800'),
  cursor(''),
  cursor('7'),
  cursor('-7'),
  cursor('99999999999999999999'),
  cursor('x'.repeat(600)),
  cursor(null),
  cursor([]),
  'e30',
  'AAAA',
  '____',
];
const strangeHeaders: Readonly<Record<string, readonly string[]>> = {
  Prefer: [
    'wait=5',
    'wait=0',
    'wait=99999999999',
    'respond-async, wait=1',
    'wait="1"',
    '',
    'wait=-1',
    ';;;',
  ],
  'Idempotency-Key': [
    'k1',
    'k2',
    'k3',
    'x'.repeat(255),
    'x'.repeat(256),
    'caf\u00e9',
    '"quoted"',
    ' ',
  ],
  'If-Match': ['*', '"x"', 'W/"x"', '', 'x', '"a", "b"', '"'.repeat(100), '*, "x"'],
  'If-None-Match': ['*', '*', '*', '"x"', 'W/"x"', '', 'junk'],
  'Content-Type': [
    'application/json; charset=utf-8',
    'application/json; charset=latin1',
    'text/plain',
    'application/merge-patch+json',
    '',
    'application/json, application/json',
    'multipart/form-data; boundary=x',
    '\u00ff',
  ],
  'Content-Encoding': ['gzip', 'identity', 'br'],
  'X-Request-Id': ['abc', 'x'.repeat(65), 'a b', '{{7*7}}'],
  Accept: ['text/html', '*/*;q=0'],
  'X-HTTP-Method-Override': ['DELETE'],
  'Transfer-Encoding': ['chunked'],
};
const strangeValues: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  1.5,
  1e21,
  Number.MAX_SAFE_INTEGER,
  -0,
  '',
  ' ',
  'a',
  '\u0007',
  '\u2028',
  '🙂',
  'x'.repeat(300),
  'x'.repeat(70_000),
  '__proto__',
  '../..',
  '0000-01-01T00:00:00Z',
  `2090-01-01T00:00:00.${'1'.repeat(300)}Z`,
  '2090-01-01T00:00:00+23:59',
  '00000000-0000-4000-8000-000000000000',
  [],
  {},
  [[]],
  [null],
  { a: {} },
  ['a', 'a'],
  Array.from({ length: 100 }, () => 'a'),
  'example',
  'default',
  '~ (a+)+$',
  '/{x',
  '/%',
  'a\r\nb',
];
const strangeContents = [
  '',
  'null',
  '[]',
  '"x"',
  '7',
  '{',
  '{}',
  '{"a":1,"a":2}',
  '{"__proto__":{}}',
  '{"name":"\\u0000"}',
  '{"name":"\\ud800"}',
  '{"name":1e999}',
  '\ufeff{}',
  '['.repeat(100),
  `{"a":${'['.repeat(70)}${']'.repeat(70)}}`,
  'name=x',
  '{"name":"a"} x',
  '\u0000',
];

/** Generates requests from a seed. */
export class RequestSource {
  private state: number;

  constructor(
    private readonly operations: readonly FuzzOperation[],
    private readonly tokens: { readonly admin: string; readonly viewer: string },
    seed: number,
  ) {
    this.state = seed;
  }

  next(): FuzzRequest {
    const { method, path, operation } = this.pick(this.operations);
    const parameters = (operation['parameters'] ?? []) as readonly Json[];
    const target =
      path.replaceAll(/\{\w+\}/g, () => this.pick(this.chance(0.7) ? segments : strangeSegments)) +
      this.query(parameters);
    const body = operation['requestBody'] as
      { content: Readonly<Record<string, { example: object }>> } | undefined;
    const [mediaType = '', media] = Object.entries(body?.content ?? {})[0] ?? [];
    const content =
      media === undefined
        ? this.chance(0.05)
          ? this.pick(strangeContents)
          : undefined
        : this.content(media.example);
    return {
      method,
      target,
      headers: this.headers(parameters, content === undefined ? '' : mediaType),
      content,
    };
  }

  private query(parameters: readonly Json[]): string {
    const pairs: string[] = [];
    for (const { name, in: place } of parameters) {
      if (place === 'query' && this.chance(0.15))
        pairs.push(`${String(name)}=${this.pick(strangeParameters)}`);
      if (place === 'query' && this.chance(0.02))
        pairs.push(`${String(name)}=${this.pick(strangeParameters)}`);
    }
    if (this.chance(0.02))
      pairs.push(this.pick(['x=1', '', '&&', '=', '%00=1', 'wait', '__proto__=1', 'limit[]=1']));
    return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
  }

  private headers(parameters: readonly Json[], mediaType: string): Record<string, string> {
    const headers: Record<string, string> = {
      Authorization: `${this.pick(['Bearer', 'bearer'])} ${this.chance(0.03) ? this.tokens.viewer : this.tokens.admin}`,
    };
    if (this.chance(0.01))
      headers['Authorization'] = this.pick(['', 'Bearer', 'Basic eDp5', 'Bearer a b']);
    if (mediaType !== '') headers['Content-Type'] = mediaType;
    for (const { name, in: place } of parameters) {
      const values = place === 'header' ? strangeHeaders[String(name)] : undefined;
      if (values !== undefined && this.chance(0.2)) headers[String(name)] = this.pick(values);
    }
    for (const [name, values] of Object.entries(strangeHeaders))
      if (this.chance(0.01)) headers[name] = this.pick(values);
    return headers;
  }

  private content(example: object): string {
    if (this.chance(0.08)) return this.pick(strangeContents);
    let content: unknown = structuredClone(example);
    if (this.chance(0.5))
      content = { ...(content as object), name: this.pick(['a', 'b', 'c', 'example']) };
    for (let changes = this.below(3); changes > 0; changes--) content = this.changed(content);
    if (this.chance(0.005))
      content = { ...(content as object), description: 'x'.repeat(1_100_000) };
    return JSON.stringify(content);
  }

  /** Returns the value with one member removed, added or replaced by an unusual value. */
  private changed(value: unknown): unknown {
    if (typeof value !== 'object' || value === null || this.chance(0.2))
      return this.pick(strangeValues);
    const names = Object.keys(value);
    const name =
      this.chance(0.15) || names.length === 0
        ? this.pick([
            'id',
            'policies',
            'gateways',
            'service',
            'split',
            'quotas',
            'groups',
            'rewrite',
            'tls',
            'expiresAt',
            'hash',
            'x',
          ])
        : this.pick(names);
    const next = this.chance(0.3) ? this.changed((value as Json)[name]) : this.pick(strangeValues);
    if (Array.isArray(value))
      return this.chance(0.3)
        ? value.slice(1)
        : value.map((element, index) => (String(index) === name ? next : element));
    if (this.chance(0.2))
      return Object.fromEntries(Object.entries(value).filter(([member]) => member !== name));
    return { ...value, [name]: next };
  }

  private pick<Value>(values: readonly Value[]): Value {
    return values[this.below(values.length)] as Value;
  }

  private chance(probability: number): boolean {
    return this.below(1_000) < probability * 1_000;
  }

  /** A pseudo-random integer below `limit` (Mulberry32). */
  private below(limit: number): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * limit);
  }
}
