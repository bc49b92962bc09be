/** A request line and Host as an attacker might write them, one character per byte. Tests only. */
export interface RawRequest {
  readonly target: string;
  readonly host: string;
}

/** Returns random numbers from 0 to 1, 1 excluded. */
export type NextRandom = () => number;

/** A small seeded generator (mulberry32): the same requests on every run. */
export function seededRandom(seed: number): NextRandom {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const segments = [
  ...[
    'admin',
    'admin',
    'Admin',
    '%61dmin',
    'adm%69n',
    'admin%2e',
    'a',
    'b',
    'orders',
    '17',
    'x.y',
    '...',
    '~u',
    '%7eu',
    '%7Eu',
  ],
  ...[
    '',
    '',
    '.',
    '..',
    '%2e',
    '%2E',
    '%2e%2e',
    '.%2e',
    '%2e.',
    '..;',
    '..;a=b',
    '.;',
    ';',
    'a;b=c',
    'a;v=../b',
  ],
  ...[
    'b%20c',
    '%C3%A9',
    '%c3%a9',
    '%3a',
    '%3F',
    '%23',
    '%25',
    '%252e%252e',
    '%252f',
    '%ff',
    '%0a',
    '%0D%0A',
    '%09',
    '%7f',
  ],
  ...["!$&'()*+,=:@-_", '"<>', '^`{|}', '*', '%2a', 'con', 'nul%20', 'a'.repeat(300)],
];
/** Most of these are refused, so they come up less often. */
/** Segments with an encoded slash, also next to dot segments and the names of other routes. */
const encodedSlashes = [
  'a%2Fb',
  'a%2fb',
  'a%5Cb',
  'a%5cb',
  '%2F',
  '%2f%2F',
  'admin%2Fx',
  '%2fadmin%2fx',
  '..%2fadmin',
  '%2e%2e%2fadmin',
  'a%2f..%5c..',
  'a%2f%2e%2e',
  '.%2fa',
  '..%2f..%2fadmin',
  'a%252fb',
  'a%2F%61',
  '..;%2f..',
];
const oddSegments = [
  '%2F',
  '%5c',
  '%2f..',
  '..%2f',
  '%00',
  '%',
  '%z',
  '%4',
  '\\',
  'a\\b',
  '#',
  'a#b',
  '\xe9',
  '\x7f',
  '\x01',
  'a b',
  '\t',
];
const queries = [
  '',
  '',
  '',
  '?',
  '?a=b',
  '?a=%2e%2e/..//',
  '?x=//admin/../',
  '?a?b',
  '?"<>',
  '?%41=%61',
  '?+&;=',
  `?${'q'.repeat(500)}`,
];
const oddQueries = ['?%00', '?%zz', '?a#b', '?\xe9', '?a b', '?\\', '?%'];
const hosts = [
  'api.test',
  'api.test',
  'API.Test',
  'api.test.',
  'api.test:80',
  'api.test:8080',
  'admin.test',
  'ADMIN.test',
  'Admin.Test.:443',
  '127.0.0.1',
  '[::1]',
  '[0:0::1]:99',
  'a_b.test',
  'xn--e1afmkfd.test',
];
const oddHosts = [
  '',
  'a b',
  'user@api.test',
  'api.test:0',
  'api.test:99999',
  'api..test',
  '.',
  'api.test/',
  'api.test,admin.test',
  '[::1',
  '\xe9.test',
  'api.test:8o',
];

/** Draws a request. A proxy should serve about two in three of them. */
export function rawRequest(random: NextRandom): RawRequest {
  const one = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const oddly = (share: number, odd: readonly string[], usual: readonly string[]): string =>
    one(random() < share ? odd : usual);
  const depth = Math.floor(random() * 6);
  let path = '';
  for (let index = 0; index < depth; index++) path += `/${oddly(0.05, oddSegments, segments)}`;
  // Some routes accept encoded slashes and are attacked as well.
  if (random() < 0.15)
    path = `/${one(['files', 'file', 're', 'admin', 'files/..', 'file%2f', 'a'])}${path}/${one(encodedSlashes)}`;
  if (depth === 0 || random() < 0.2) path += '/';
  const host = oddly(0.04, oddHosts, hosts);
  const target = path + oddly(0.06, oddQueries, queries);
  const form = random();
  if (form < 0.86) return { target, host };
  if (form < 0.94)
    return { target: `${one(['http://', 'HTTP://', 'https://'])}${host}${target}`, host };
  if (form < 0.96) return { target: `http://${one(hosts)}${target}`, host };
  return {
    target: one([
      target.slice(1),
      `http://${host}${one(queries)}`,
      '*',
      '',
      `//${host}${target}`,
      `ftp://${host}/`,
      `${host}:443`,
    ]),
    host,
  };
}
