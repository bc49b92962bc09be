import { createHmac, generateKeyPairSync, sign as signBytes, type KeyObject } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ProxyFixture, type AccessLine } from '../exchange/testing/proxy-fixture.ts';
import { eventually } from '../listener/testing/running-listener.ts';
import { resource } from '../runtime/testing/resources.ts';
import { RawOrigin } from '../upstream/testing/raw-origin.ts';
import { KeyServer } from './testing/key-server.ts';

/**
 * Attacks on tokens, through the real proxy: each ends in 401 without a request to the upstream, and
 * the next request on the same connection gets its own answer.
 */
const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 });
const mallory = generateKeyPairSync('rsa', { modulusLength: 2_048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const shared = 'a shared secret of at least 32 bytes';
const pem = rsa.publicKey.export({ type: 'spki', format: 'pem' }) as string;
const jwkOf = (key: KeyObject, more: object) => ({ ...key.export({ format: 'jwk' }), ...more });

let origin: RawOrigin;
let issuer: KeyServer;
let gateway: ProxyFixture;
let attempts = 0;

beforeAll(async () => {
  await import('undici');
  origin = await RawOrigin.answering('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  issuer = await KeyServer.start([
    jwkOf(rsa.publicKey, { kid: 'rsa' }),
    jwkOf(ec.publicKey, { kid: 'ec' }),
    jwkOf(mallory.publicKey, { kid: 'enc', use: 'enc' }),
    { kty: 'oct', k: Buffer.from(shared).toString('base64url'), kid: 'oct' },
  ]);
  const jwt = (more: object) => [
    {
      name: 'jwt',
      config: {
        allowPrivateAddresses: true,
        issuers: [
          { issuer: issuer.issuer, jwksUri: issuer.jwksUri, audience: ['api'], ...more },
          { issuer: 'static', keys: [{ pem }], audience: ['api'], leewaySeconds: 0 },
          { issuer: 'hmac', keys: [{ secret: shared }], algorithms: ['HS256'], audience: ['api'] },
        ],
      },
    },
  ];
  gateway = await ProxyFixture.start({
    resources: [
      resource('service', { name: 'api', targets: [{ address: origin.address }] }),
      resource('route', { name: 'api', paths: ['/*'], service: 'service-api', policies: jwt({}) }),
    ],
  });
  await eventually(async () => (await send(valid())).status === 200);
});
afterAll(async () => {
  await gateway.stop();
  origin.stop();
  await issuer.stop();
});

const encode = (text: string | Uint8Array): string => Buffer.from(text).toString('base64url');
const seconds = (): number => Math.floor(Date.now() / 1_000);
const send = (token: string) => gateway.get('/', `Authorization: Bearer ${token}`);

interface Parts {
  /** JSON text, or members that are added to the usual ones. */
  readonly header?: string | object;
  readonly claims?: string | object;
  readonly by?: (input: string) => string | Buffer;
}

const byRsa =
  (key: KeyObject, hash = 'sha256') =>
  (input: string): Buffer =>
    signBytes(hash, Buffer.from(input), key);
const byHmac =
  (key: string | Buffer) =>
  (input: string): Buffer =>
    createHmac('sha256', key).update(input).digest();

/** A token as an attacker writes it: every part as given, the rest as in a valid one. */
function token({ header = {}, claims = {}, by = byRsa(rsa.privateKey) }: Parts = {}): string {
  const usual = {
    iss: issuer.issuer,
    aud: 'api',
    // Failures of one user would be limited.
    sub: `user-${(attempts += 1)}`,
    exp: seconds() + 600,
  };
  const head =
    typeof header === 'string' ? header : JSON.stringify({ alg: 'RS256', kid: 'rsa', ...header });
  const payload = typeof claims === 'string' ? claims : JSON.stringify({ ...usual, ...claims });
  const input = `${encode(head)}.${encode(payload)}`;
  return `${input}.${encode(by(input))}`;
}
const valid = (): string => token();
/** Claims as text, so that they may be what `JSON.stringify` never writes. */
const text = (members: string): string =>
  `{"iss":${JSON.stringify(issuer.issuer)},"aud":"api","sub":"x",${members}}`;
const exp = `"exp":${seconds() + 600}`;
const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
const unsigned = (alg: string): Parts => ({ header: { alg }, by: () => '' });

type Attack = readonly [name: string, reason: string, make: () => string];

const confusion: Attack[] = [
  ...['none', 'None', 'NONE', 'nOnE', 'none ', '', 'rs256'].map((alg): Attack => [
    `the algorithm ${JSON.stringify(alg)}`,
    'bad_algorithm',
    () => token(unsigned(alg)),
  ]),
  ['none with a signature', 'bad_algorithm', () => token({ header: { alg: 'none' } })],
  ...[
    pem,
    pem.trim(),
    rsa.publicKey.export({ type: 'spki', format: 'der' }),
    rsa.publicKey.export({ type: 'pkcs1', format: 'pem' }),
    Buffer.from(rsa.publicKey.export({ format: 'jwk' }).n ?? '', 'base64url'),
    '',
  ].flatMap((key, index): Attack[] => [
    [
      `HMAC with the public key, form ${index}`,
      'bad_algorithm',
      () => token({ header: { alg: 'HS256' }, by: byHmac(key) }),
    ],
    [
      `HMAC with the static public key, form ${index}`,
      'bad_algorithm',
      () =>
        token({
          header: { alg: 'HS256', kid: undefined },
          claims: { iss: 'static' },
          by: byHmac(key),
        }),
    ],
  ]),
  [
    'HMAC with a published secret',
    'bad_algorithm',
    () => token({ header: { alg: 'HS256', kid: 'oct' }, by: byHmac(shared) }),
  ],
  [
    'an algorithm that is not configured',
    'bad_algorithm',
    () => token({ header: { alg: 'RS512' }, by: byRsa(rsa.privateKey, 'sha512') }),
  ],
  [
    'the algorithm of another key',
    'bad_algorithm',
    () => token({ header: { alg: 'ES256' }, by: () => Buffer.alloc(64, 1) }),
  ],
  [
    'an ECDSA signature of zeros',
    'bad_signature',
    () => token({ header: { alg: 'ES256', kid: 'ec' }, by: () => Buffer.alloc(64) }),
  ],
  [
    'an ECDSA signature in DER',
    'bad_signature',
    () => token({ header: { alg: 'ES256', kid: 'ec' }, by: byRsa(ec.privateKey) }),
  ],
  ['an empty signature', 'bad_signature', () => token({ by: () => '' })],
  [
    'the key of another issuer',
    'bad_algorithm',
    () => token({ header: { alg: 'RS256', kid: undefined }, claims: { iss: 'hmac' } }),
  ],
  [
    'a short secret',
    'bad_signature',
    () =>
      token({
        header: { alg: 'HS256', kid: undefined },
        claims: { iss: 'hmac' },
        by: byHmac('secret'),
      }),
  ],
];

const keys: Attack[] = [
  [
    'a key in the header',
    'malformed',
    () =>
      token({
        header: { jwk: mallory.publicKey.export({ format: 'jwk' }) },
        by: byRsa(mallory.privateKey),
      }),
  ],
  [
    'the URL of a key set',
    'malformed',
    () => token({ header: { jku: issuer.jwksUri }, by: byRsa(mallory.privateKey) }),
  ],
  [
    'the URL of a certificate',
    'malformed',
    () => token({ header: { x5u: issuer.jwksUri }, by: byRsa(mallory.privateKey) }),
  ],
  [
    'a certificate in the header',
    'bad_signature',
    () => token({ header: { x5c: ['MIIB'] }, by: byRsa(mallory.privateKey) }),
  ],
  ['a foreign key', 'bad_signature', () => token({ by: byRsa(mallory.privateKey) })],
  [
    'a key for encryption',
    'unknown_key',
    () => token({ header: { kid: 'enc' }, by: byRsa(mallory.privateKey) }),
  ],
  ...[
    '../../../../dev/null',
    '/proc/self/environ',
    "' UNION SELECT 'key' --",
    'file:///etc/passwd',
    'rsa\u0000',
    '$(id)',
    '__proto__',
    'constructor',
    '',
  ].map((kid): Attack => [
    `the kid ${JSON.stringify(kid)}`,
    'unknown_key',
    () => token({ header: { kid }, by: byHmac('') }),
  ]),
  ['a kid that is no text', 'malformed', () => token({ header: { kid: { $ne: '' } } })],
  ['a kid that is too long', 'malformed', () => token({ header: { kid: 'k'.repeat(513) } })],
  ['crit', 'malformed', () => token({ header: { crit: ['exp'] } })],
  ['an empty crit', 'malformed', () => token({ header: { crit: [] } })],
  ['an unencoded payload', 'malformed', () => token({ header: { b64: false } })],
  ['compression', 'malformed', () => token({ header: { zip: 'DEF' } })],
];

const forms: Attack[] = [
  ['padding', 'malformed', () => `${valid()}=`],
  [
    'the other alphabet',
    'malformed',
    () => token({ by: () => Buffer.alloc(256, 255) }).replaceAll('_', '/'),
  ],
  [
    'last bits that are not zero',
    'malformed',
    () => valid().replace(/.$/, (last) => String.fromCharCode(last.charCodeAt(0) + 1)),
  ],
  ['two parts', 'malformed', () => valid().split('.').slice(0, 2).join('.')],
  ['four parts', 'malformed', () => `${valid()}.AAAA`],
  ['five parts', 'malformed', () => `${valid()}.AAAA.AAAA`],
  ['no header', 'malformed', () => valid().replace(/^[^.]+/, '')],
  ['no payload', 'malformed', () => valid().replace(/\.[^.]+\./, '..')],
  [
    'a duplicate member of the header',
    'malformed',
    () => token({ header: '{"alg":"none","alg":"RS256","kid":"rsa"}' }),
  ],
  ['a header that is no object', 'malformed', () => token({ header: '"RS256"' })],
  ['a header that is no JSON', 'malformed', () => token({ header: '{alg:RS256}' })],
  ['duplicate claims', 'malformed', () => token({ claims: text(`${exp},"sub":"admin"`) })],
  [
    'duplicate claims, one escaped',
    'malformed',
    () => token({ claims: text(`${exp},"s\\u0075b":"admin"`) }),
  ],
  [
    'duplicate members within a claim',
    'malformed',
    () => token({ claims: text(`${exp},"a":{"b":1,"b":2}`) }),
  ],
  [
    'claims that are nested too deeply',
    'malformed',
    () => token({ claims: text(`${exp},"a":${nested(16)}`) }),
  ],
  [
    'claims that are nested without end',
    'malformed',
    () => token({ claims: text(`${exp},"a":${nested(2_500)}`) }),
  ],
  ['claims that are a list', 'malformed', () => token({ claims: '[]' })],
  ['claims that are null', 'malformed', () => token({ claims: 'null' })],
  ['text behind the claims', 'malformed', () => token({ claims: `${text(exp)}x` })],
  ['a byte order mark', 'malformed', () => token({ claims: `\ufeff${text(exp)}` })],
  ['half a surrogate pair', 'malformed', () => token({ claims: text(`${exp},"a":"\\ud800"`) })],
  ['a token that is too long', 'malformed', () => token({ claims: { a: 'a'.repeat(6_500) } })],
];

const numbers: Attack[] = [
  ...[
    '1e400',
    '-1e400',
    '1e300',
    '"9999999999"',
    'null',
    'true',
    '[]',
    '{}',
    '1900000000000',
  ].flatMap((value) =>
    ['exp', 'nbf', 'iat'].map((name): Attack => [
      `${name} ${value}`,
      'malformed',
      () =>
        token({ claims: text(name === 'exp' ? `"exp":${value}` : `${exp},"${name}":${value}`) }),
    ]),
  ),
  ['exp NaN', 'malformed', () => token({ claims: text('"exp":NaN') })],
  ['no exp', 'malformed', () => token({ claims: text('"a":1') })],
  ...['0', '-1', '-0', '1.5', '1e-300'].map((value): Attack => [
    `exp ${value}`,
    'expired',
    () => token({ claims: text(`"exp":${value}`) }),
  ]),
  ['nbf in the future', 'not_yet_valid', () => token({ claims: { nbf: seconds() + 3_600 } })],
  ['iat in the future', 'not_yet_valid', () => token({ claims: { iat: seconds() + 3_600 } })],
  ['another audience', 'wrong_audience', () => token({ claims: { aud: 'API' } })],
  ['an audience that is an object', 'malformed', () => token({ claims: { aud: { api: 1 } } })],
  ['another issuer', 'wrong_issuer', () => token({ claims: { iss: `${issuer.issuer}/` } })],
  ['an issuer that is a list', 'wrong_issuer', () => token({ claims: { iss: [issuer.issuer] } })],
  ['no issuer', 'wrong_issuer', () => token({ claims: { iss: undefined } })],
];

let paths = 0;
/** The line of the access log of the request for a path, which no other request has. */
async function lineOf(path: string): Promise<AccessLine | undefined> {
  const find = (): AccessLine | undefined => gateway.lines.find((line) => line['path'] === path);
  await eventually(() => find() !== undefined);
  return find();
}

/** What a refusal may cost, milliseconds of CPU time of the whole process: client and proxy. */
const mostCpuMs = 5;
const rounds = 2;
/** Rounds on a machine that does other things as well: the best one counts. */
const mostRounds = 12;

describe.each([
  ['confuse algorithms', confusion],
  ['bring or choose a key', keys],
  ['are malformed', forms],
  ['have claims at the edges', numbers],
])('tokens that %s', (_class, attacks) => {
  it.each(attacks)('are refused: %s (%s)', async (_name, reason, make) => {
    const client = await gateway.connect();
    const forwarded = (): number =>
      origin.connections.reduce((sum, { received }) => sum + received.split('GET ').length - 1, 0);
    const request = (bearer: string, path = '/'): string =>
      `GET ${path} HTTP/1.1\r\nHost: api.test\r\nAuthorization: Bearer ${bearer}\r\n\r\n`;
    let best = Infinity;
    for (let round = 0; round < rounds || (best >= mostCpuMs && round < mostRounds); round++) {
      const [attack, before] = [make(), forwarded()];
      const path = `/${(paths += 1)}`;
      const cpu = process.cpuUsage();
      const response = await client.send(request(attack, path)).readResponse('GET');
      const { user, system } = process.cpuUsage(cpu);
      best = Math.min(best, (user + system) / 1_000);
      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toMatch(
        /^Bearer realm="sluice", error="invalid_token", error_description="[^"\\]+"$/,
      );
      expect(await lineOf(path)).toMatchObject({ authPolicy: 'jwt', authReason: reason });
      expect(forwarded()).toBe(before);
    }
    expect(best).toBeLessThan(mostCpuMs);
    const next = await client.send(request(valid())).readResponse('GET');
    expect([next.status, next.body]).toEqual([200, 'ok']);
    client.close();
  });
});

describe('tokens over time', () => {
  it('with random kids lead to one request to the issuer at most', async () => {
    const before = issuer.paths.length;
    for (let round = 0; round < 300; round++) {
      const kid = `random-${round}`;
      expect((await send(token({ header: { kid }, by: byHmac(kid) }))).status).toBe(401);
    }
    expect(issuer.paths.length - before).toBeLessThanOrEqual(1);
    expect((await send(valid())).status).toBe(200);
  });

  it('that are cached end with exp', async () => {
    let wasAccepted = false;
    // On a busy machine a token may have ended before it was sent.
    for (let attempt = 0; attempt < 10 && !wasAccepted; attempt++) {
      const claims = { iss: 'static', exp: seconds() + 2 };
      const short = token({ header: { kid: undefined }, claims });
      wasAccepted = (await send(short)).status === 200;
      await eventually(async () => (await send(short)).status === 401);
    }
    expect(wasAccepted).toBe(true);
    await eventually(() => gateway.lines.at(-1)?.['authReason'] === 'expired');
  });
});
