import { createHash, createHmac } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { createSignatureSync, type RequestDescriptor } from 'http-message-sig';
import { ManualClock, PolicyTester, type TestCredential } from '@sluice/policy-sdk/testing';
import type { z } from 'zod';
import { keyAuth } from '../key-auth/policy.ts';
import { hmacAuth } from './policy.ts';
import type { hmacAuthSchema } from './schema.ts';

const clock = new ManualClock();
const secret = 'a-secret-of-thirty-two-characters';
const consumer = { username: 'acme' };
const credentials: TestCredential[] = [
  { type: 'hmac', lookup: 'acme-1', secret, consumer },
  { type: 'hmac', lookup: 'acme-512', secret, algorithm: 'hmac-sha512', consumer },
  { type: 'hmac', lookup: 'former', secret, consumer, isDisabled: true },
  { type: 'hmac', lookup: 'old', secret, consumer, expiresAtMs: clock.now() - 1 },
];
type Config = z.input<typeof hmacAuthSchema.config>;
const withConfig = (config: Config = {}, options: { mode?: 'shadow' } = {}) =>
  new PolicyTester(hmacAuth, config, {
    credentials,
    clock,
    keys: [{ key: 'the-key', consumer: { username: 'hooli' } }],
    ...options,
  });

const host = 'api.example.com';
const dateAt = (ms: number): string => new Date(ms).toUTCString();
const secondsNow = (): number => Math.floor(clock.now() / 1_000);
const hmac = (base: string, name = 'sha256', key = secret): string =>
  createHmac(name, key).update(base, 'latin1').digest('base64');

interface Signed {
  readonly keyId?: string;
  readonly key?: string;
  readonly algorithm?: string;
  readonly target?: string;
  readonly method?: string;
  readonly atMs?: number;
  readonly extra?: Readonly<Record<string, string>>;
}

/** The fields of a request that is signed as Kong's clients do it. */
function kong(options: Signed = {}, names = ['x-date', '@request-target', 'host']) {
  const { keyId = 'acme-1', key, algorithm = 'hmac-sha256', target = '/orders' } = options;
  const { method = 'GET', atMs = clock.now(), extra = {} } = options;
  const fields: Record<string, string> = { Host: host, 'X-Date': dateAt(atMs), ...extra };
  const valueOf = (name: string): string | undefined =>
    Object.entries(fields).find(([field]) => field.toLowerCase() === name.toLowerCase())?.[1];
  const base = names
    .map((name) =>
      name === 'request-line'
        ? `${method} ${target} HTTP/1.1`
        : name === '@request-target'
          ? `${name}: ${method.toLowerCase()} ${target}`
          : `${name}: ${valueOf(name) ?? ''}`,
    )
    .join('\n');
  const signature = hmac(base, algorithm.slice('hmac-'.length), key);
  const value = `hmac username="${keyId}", algorithm="${algorithm}", headers="${names.join(' ')}", signature="${signature}"`;
  return { ...fields, Authorization: value };
}

/** The fields of a request that is signed by RFC 9421. */
function message(
  options: Signed & { readonly parameters?: object; readonly label?: string } = {},
  components: readonly string[] = ['@method', '@target-uri'],
) {
  const { keyId = 'acme-1', key = secret, target = '/orders', method = 'GET' } = options;
  const { extra = {}, atMs = clock.now(), parameters = {}, label } = options;
  const fields = { Host: host, ...extra };
  const request: RequestDescriptor = {
    kind: 'request',
    method,
    targetUri: `http://${host}${target}`,
    requestTarget: target,
    fields: Object.entries(fields).map(([name, value]) => ({ name, value })),
  };
  const signed = createSignatureSync(request, {
    ...(label === undefined ? {} : { label }),
    components,
    parameters: { created: Math.floor(atMs / 1_000), keyid: keyId, ...parameters },
    signer: {
      algorithm: 'hmac-sha256',
      sign: (data) => createHmac('sha256', key).update(data).digest(),
    },
  });
  return { ...fields, 'Signature-Input': signed.signatureInput, Signature: signed.signature };
}

const forms = [
  ['Kong', kong],
  ['RFC 9421', message],
] as const;

describe.each(forms)('hmac-auth with the form of %s', (_form, sign) => {
  it('authenticates the caller, once for each signature, and hides it', async () => {
    const tester = withConfig();
    const request = { path: '/orders', headers: sign() };
    const first = await tester.send(request);
    expect(first).toMatchObject({ status: 200, consumer, credential: { type: 'hmac' } });
    for (const name of ['authorization', 'signature', 'signature-input'])
      expect(first.forwarded?.headers.has(name)).toBe(false);
    expect(await tester.send(request)).toMatchObject({ status: 401, authReason: 'replayed' });
    const allowing = withConfig({ replay: 'allow', hideCredentials: false });
    for (let round = 0; round < 2; round++) expect((await allowing.send(request)).status).toBe(200);
    expect((await allowing.send(request)).forwarded?.headers.size).toBe(
      Object.keys(request.headers).length,
    );
  });

  it.each<[string, object, string]>([
    ['an unknown key', sign({ keyId: 'nobody-1' }), 'unknown'],
    ['another secret', sign({ key: 'another-secret-of-the-caller' }), 'bad_signature'],
    ['another method', sign({ method: 'POST' }), 'bad_signature'],
    ['another target', sign({ target: '/orders?' }), 'bad_signature'],
    ['an escape in the target', sign({ target: '/order%73' }), 'bad_signature'],
    ['another host', { ...sign(), Host: 'evil.example.com' }, 'bad_signature'],
    ['an old time', sign({ atMs: clock.now() - 302_000 }), 'expired'],
    ['a time in the future', sign({ atMs: clock.now() + 302_000 }), 'not_yet_valid'],
    ['a disabled credential', sign({ keyId: 'former' }), 'disabled'],
    ['an expired credential', sign({ keyId: 'old' }), 'expired'],
    ['the algorithm of another key', sign({ keyId: 'acme-512' }), 'bad_signature|bad_algorithm'],
  ])('refuses %s', async (_what, headers, reason) => {
    const answer = await withConfig().send({
      path: '/orders',
      host: new Map(Object.entries(headers)).get('Host') as string,
      headers: headers as Record<string, string>,
    });
    expect(answer.status).toBe(401);
    expect(reason.split('|')).toContain(answer.authReason);
    expect(answer.response.headers.get('www-authenticate')).toBe('hmac realm="sluice"');
    expect(JSON.stringify(answer.reply)).not.toContain(secret);
  });

  it('answers an unknown key as it answers a wrong secret', async () => {
    const details = [];
    for (const headers of [sign({ keyId: 'x' }), sign({ key: 'wrong' })])
      details.push((await withConfig().send({ path: '/orders', headers })).reply?.detail);
    expect(details[0]).toBe(details[1]);
  });

  it('compares the content with its signed digest', async () => {
    const digest = createHash('sha256').update('{"a":1}').digest('base64');
    const extra = { 'Content-Digest': `sha-256=:${digest}:` };
    const names =
      sign === kong
        ? ['x-date', '@request-target', 'host', 'content-digest']
        : ['@method', '@target-uri', 'content-digest'];
    const base = { method: 'POST', path: '/orders' };
    const of = (body: string, headers: Record<string, string>, config: Config = {}) =>
      withConfig({ content: {}, ...config }).send({ ...base, headers, body });
    const signed = sign({ method: 'POST', extra }, names);
    expect((await of('{"a":1}', signed)).status).toBe(200);
    expect(Buffer.from((await of('{"a":1}', signed)).forwarded?.body ?? []).toString()).toBe(
      '{"a":1}',
    );
    expect(await of('{"a":2}', signed)).toMatchObject({ status: 401, authReason: 'bad_signature' });
    expect(await of('', signed)).toMatchObject({ status: 401, authReason: 'bad_signature' });
    const unsigned = { ...sign({ method: 'POST' }), ...extra };
    expect(await of('{"a":1}', unsigned)).toMatchObject({ status: 401, authReason: 'malformed' });
    expect(await of('{"a":1}', sign({ method: 'POST' }))).toMatchObject({ status: 401 });
    expect((await of('', sign({ method: 'POST' }))).status).toBe(200);
    expect((await of('{"a":1}', signed, { content: { maxBytes: 3 } })).status).toBe(413);
    // A digest of another field that does not match is refused, because the upstream may use it.
    const both = { ...signed, Digest: 'SHA-256=AAAA' };
    expect((await of('{"a":1}', both)).status).toBe(401);
  });

  it('needs the components that the configuration names', async () => {
    const names = sign === kong ? ['x-date', '@request-target'] : ['@method', '@request-target'];
    const send = async (config: Config, more: readonly string[] = []) => {
      const headers = sign({ extra: { 'X-Tenant': 'a' } }, [...names, ...more]);
      return (await withConfig(config).send({ path: '/orders', headers })).status;
    };
    expect(await send({})).toBe(401);
    expect(await send({ components: [] })).toBe(200);
    expect(await send({ components: ['X-Tenant'] })).toBe(401);
    expect(await send({ components: ['X-Tenant'] }, ['x-tenant'])).toBe(200);
    expect(await send({ components: ['@authority'] }, ['host'])).toBe(200);
  });

  it('limits failures, and never refuses a network from which the key has succeeded', async () => {
    const tester = withConfig({ replay: 'allow' });
    const from = (clientAddress: string, key?: string) =>
      tester.send({ path: '/orders', clientAddress, headers: sign(key ? { key } : {}) });
    expect((await from('198.51.100.1')).status).toBe(200);
    let limited = 0;
    for (let round = 0; round < 80; round++)
      if ((await from('198.51.100.2', 'wrong')).status === 429) limited++;
    expect(limited).toBeGreaterThan(10);
    expect((await from('198.51.100.1')).status).toBe(200);
  });

  it('reports in shadow mode what it would refuse', async () => {
    const tester = withConfig({}, { mode: 'shadow' });
    const request = { path: '/orders', headers: sign() };
    expect((await tester.send(request)).shadow).toEqual([]);
    expect((await tester.send(request)).shadow).toEqual(['hmac-auth']);
    expect((await tester.send({ path: '/other', headers: sign() })).shadow).toEqual(['hmac-auth']);
  });
});

describe('hmac-auth with Authorization', () => {
  const send = (headers: Record<string, string>, config: Config = {}) =>
    withConfig(config).send({ path: '/orders', headers });

  it("accepts Kong's request-line, Date, names in other case, and all algorithms", async () => {
    const extra = { Date: dateAt(clock.now()) };
    for (const names of [
      ['date', 'request-line', 'host'],
      ['Host', 'X-Date', 'request-line'],
    ])
      expect((await send(kong({ extra }, names))).status).toBe(200);
    const strong = kong({ keyId: 'acme-512', algorithm: 'hmac-sha512' });
    expect((await send(strong)).status).toBe(200);
    expect(await send(kong({ algorithm: 'hmac-sha512' }))).toMatchObject({
      status: 401,
      authReason: 'bad_algorithm',
    });
  });

  it('accepts the scheme Signature of draft-cavage-http-signatures', async () => {
    const now = secondsNow();
    const draft = (more: string, names: string, lines: readonly string[]) =>
      send({
        Host: host,
        Authorization: `Signature keyId="acme-1",${more}headers="${names}",signature="${hmac(lines.join('\n'))}"`,
      });
    const lines = ['(request-target): get /orders', `host: ${host}`, `(created): ${now}`];
    const names = '(request-target) host (created)';
    expect((await draft(`algorithm="hs2019",created=${now},`, names, lines)).status).toBe(200);
    expect((await draft(`created=${now},`, names, lines)).status).toBe(200);
    expect((await draft(`created=${now - 1},`, names, lines)).authReason).toBe('bad_signature');
    const ended = await draft(`created=${now},expires=${now - 1},`, names, lines);
    expect(ended.authReason).toBe('expired');
    expect((await draft('', names, lines)).authReason).toBe('malformed');
  });

  const good = kong().Authorization;
  it.each([
    ['no parameters', 'hmac'],
    ['a parameter twice', `${good}, username="acme-1"`],
    ['a parameter twice in another case', `${good}, Username="acme-1"`],
    ['no signature', good.replace(/, signature=.*/, '')],
    ['an empty signature', good.replace(/signature=".*"/, 'signature=""')],
    ['other base64', good.replace(/=="|="/, '"')],
    ['an empty key', good.replace('acme-1', '')],
    ['a long key', good.replace('acme-1', 'a'.repeat(256))],
    ['an unknown algorithm', good.replace('hmac-sha256', 'none')],
    ['a member of Object as algorithm', good.replace('hmac-sha256', 'constructor')],
    ['a name twice', good.replace('x-date', 'x-date x-date')],
    ['a name twice in another case', good.replace('x-date', 'x-date X-Date')],
    ['two spaces between names', good.replace('x-date ', 'x-date  ')],
    ['a name of the draft', good.replace('@request-target', '(request-target)')],
    ['a header that is missing', good.replace('x-date', 'x-date x-none')],
    ['no date', good.replace('x-date ', '')],
    ['garbage after it', `${good} x`],
    ['too much', `${good}, x="${'a'.repeat(5_000)}"`],
  ])('refuses %s', async (_what, value) => {
    const answer = await send({ ...kong(), Authorization: value }, { optional: true });
    expect(answer.status).toBe(401);
    expect(['malformed', 'bad_algorithm', 'bad_signature']).toContain(answer.authReason);
  });

  it.each([
    'Sun Nov  6 08:49:37 1994',
    '2026-01-01T00:00:00Z',
    'Sun, 06 Nov 1994 08:49:37 +0000',
    'Mon, 30 Feb 2026 00:00:00 GMT',
    `${dateAt(clock.now())}, ${dateAt(clock.now())}`,
    '',
  ])('refuses the date %j', async (date) => {
    const answer = await send(kong({ extra: { 'X-Date': date } }));
    expect(answer).toMatchObject({ status: 401, authReason: 'malformed' });
  });

  it('does not use a date that is not signed', async () => {
    const old = dateAt(clock.now() - 600_000);
    const signed = kong({ extra: { 'X-Date': old, Date: old } }, [
      'date',
      '@request-target',
      'host',
    ]);
    const answer = await send({ ...signed, 'X-Date': dateAt(clock.now()) });
    expect(answer).toMatchObject({ status: 401, authReason: 'expired' });
  });

  it('leaves other schemes to other policies', async () => {
    for (const value of ['Bearer hmac', 'hmacx username="a"', 'Signatures x', 'Basic eDp5']) {
      const answer = await send({ Authorization: value }, { optional: true });
      expect([value, answer.status, answer.consumer]).toEqual([value, 200, undefined]);
    }
  });

  it('signs the values of a repeated header together, in their order', async () => {
    const names = ['x-date', '@request-target', 'host', 'x-many'];
    const signed = kong({ extra: { 'X-Many': 'a, b' } }, names);
    const pairs = (...values: string[]): [string, string][] => [
      ...Object.entries(signed).filter(([name]) => name !== 'X-Many'),
      ...values.map((value): [string, string] => ['X-Many', value]),
    ];
    const status = async (...values: string[]) =>
      (await withConfig().send({ path: '/orders', headers: pairs(...values) })).status;
    expect([await status('a', 'b'), await status('b', 'a'), await status('a')]).toEqual([
      200, 401, 401,
    ]);
  });
});

describe('hmac-auth with RFC 9421', () => {
  const send = (headers: Record<string, string>, config: Config = {}) =>
    withConfig(config).send({ path: '/orders', headers });

  it('refuses a nonce that was used with another signature', async () => {
    const tester = withConfig();
    const status = async (parameters: object) =>
      (await tester.send({ path: '/orders', headers: message({ parameters }) })).status;
    expect(await status({ nonce: 'one' })).toBe(200);
    expect(await status({ nonce: 'one', tag: 'other' })).toBe(401);
    expect(await status({ nonce: 'two' })).toBe(200);
  });

  it.each<[string, Record<string, string>]>([
    ['no Signature', { ...message(), Signature: '' }],
    ['other labels', { ...message(), Signature: message({ label: 'x' }).Signature }],
    ['no keyid', message({ parameters: { keyid: undefined } })],
    ['no created', message({ parameters: { created: undefined } })],
    ['@path without @query', message({}, ['@method', '@path', '@authority'])],
    ['no method', message({}, ['@target-uri'])],
    ['nothing', message({}, [])],
    ['a part of a dictionary', message({ extra: { 'X-D': 'a=1' } }, ['@target-uri', '@method'])],
    [
      'a parameter twice',
      {
        ...message(),
        'Signature-Input': message()['Signature-Input'].replace(';keyid', ';keyid="x";keyid'),
      },
    ],
    ['too much', message({ parameters: { tag: 'a'.repeat(5_000) } })],
    ['an algorithm of keys', message({ parameters: { alg: undefined } })],
  ])('refuses %s', async (what, headers) => {
    const input = headers['Signature-Input'] as string;
    const changed = what === 'an algorithm of keys' ? `${input};alg="rsa-v1_5-sha256"` : input;
    const config = what === 'a part of a dictionary' ? { components: ['x-d'] } : {};
    const answer = await send({ ...headers, 'Signature-Input': changed }, config);
    expect(answer.status).toBe(401);
    expect(['malformed', 'bad_algorithm']).toContain(answer.authReason);
  });

  it('verifies the label that the configuration names, among several', async () => {
    const [one, two] = [message({ label: 'one' }), message({ label: 'two', key: 'other' })];
    const headers = {
      Host: host,
      'Signature-Input': `${one['Signature-Input']}, ${two['Signature-Input']}`,
      Signature: `${one.Signature}, ${two.Signature}`,
    };
    expect((await send(headers, { label: 'one' })).status).toBe(200);
    expect((await send(headers, { label: 'two' })).status).toBe(401);
    expect((await send(headers)).authReason).toBe('malformed');
  });

  it('leaves a signature of an unknown key to the upstream when a key is valid', async () => {
    const headers = { ...message({ keyId: 'crawler' }), 'X-API-Key': 'the-key' };
    const tester = withConfig().with(keyAuth, {});
    expect(await tester.send({ path: '/orders', headers })).toMatchObject({
      status: 200,
      consumer: { username: 'hooli' },
    });
    const wrong = { ...message({ key: 'wrong' }), 'X-API-Key': 'the-key' };
    expect((await tester.send({ path: '/orders', headers: wrong })).status).toBe(401);
    const other = { ...message(), 'X-API-Key': 'the-key' };
    expect(await tester.send({ path: '/orders', headers: other })).toMatchObject({
      status: 401,
      authReason: 'conflict',
    });
  });

  it('refuses a request with signatures in both forms', async () => {
    const answer = await send({ ...kong(), ...message() });
    expect(answer).toMatchObject({ status: 401, authReason: 'conflict' });
    expect((await send({ ...kong(), ...message() }, { forms: ['message'] })).status).toBe(200);
  });

  it('passes fields on that cannot be signed because they are not ASCII', async () => {
    expect((await send({ ...message(), 'X-Name': 'J\u00fcrgen' })).status).toBe(200);
  });
});
