import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { createHash, createHmac, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect as connectHttp2 } from 'node:http2';
import { promisify } from 'node:util';
import { testKeyPrefix, testRedisUrl } from '@sluice/testkit';
import { ProxyFixture } from '../exchange/testing/proxy-fixture.ts';
import { resource } from '../runtime/testing/resources.ts';
import { RawOrigin } from '../upstream/testing/raw-origin.ts';

/** Signed requests, as clients send them over real connections. */
const secret = 'correct-horse-battery';
let origin: RawOrigin;
const proxies: ProxyFixture[] = [];

beforeEach(async () => {
  origin = await RawOrigin.answering('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
});
afterEach(async () => {
  for (const proxy of proxies.splice(0)) await proxy.stop();
  origin.stop();
});

const forwarded = (): string => origin.connections.map(({ received }) => received).join('');

async function start(
  config: Record<string, unknown> = {},
  redisPrefix?: string,
): Promise<ProxyFixture> {
  const policies = [{ name: 'hmac-auth', config }];
  const proxy = await ProxyFixture.start({
    ...(redisPrefix === undefined ? {} : { redisUrl: testRedisUrl(), redisPrefix }),
    resources: [
      resource('consumer', { username: 'acme', policies: [] }),
      resource('credential', {
        type: 'hmac',
        name: 'ci',
        consumer: 'consumer-acme',
        username: 'acme-ci',
        secret,
      }),
      resource('service', { name: 'orders', targets: [{ address: origin.address }] }),
      resource('route', { name: 'orders', paths: ['/*'], service: 'service-orders', policies }),
    ],
  });
  proxies.push(proxy);
  return proxy;
}

const mac = (base: string): string => createHmac('sha256', secret).update(base).digest('base64');

/** The fields of RFC 9421 for a request, and further signed fields. */
function signed(method: string, uri: string, fields: Readonly<Record<string, string>> = {}) {
  const names = ['@method', '@target-uri', ...Object.keys(fields)];
  const nonce = randomBytes(8).toString('hex');
  const created = Math.floor(Date.now() / 1_000);
  const list = names.map((name) => `"${name}"`).join(' ');
  const params = `(${list});created=${created};keyid="acme-ci";nonce="${nonce}"`;
  const lines = Object.entries({ '@method': method, '@target-uri': uri, ...fields })
    .map(([name, value]) => `"${name}": ${value}\n`)
    .join('');
  return [
    `Signature-Input: s=${params}`,
    `Signature: s=:${mac(`${lines}"@signature-params": ${params}`)}:`,
  ];
}
const head = (line: string, ...fields: readonly string[]): string =>
  `${[`${line} HTTP/1.1`, 'Host: api.test', ...fields].join('\r\n')}\r\n\r\n`;

describe('hmac-auth in the proxy', () => {
  it('verifies the target as the client sent it, and hides the signature', async () => {
    const proxy = await start();
    for (const target of ['/a', '/a/../b?x=%2e&y', '/%61%2D//c', '/?', '/a?b=/../']) {
      const fields = signed('GET', `http://api.test${target}`);
      expect([target, (await proxy.get(target, ...fields)).status]).toEqual([target, 200]);
    }
    expect(forwarded()).not.toMatch(/signature/i);
    expect(forwarded()).toMatch(/x-consumer-username: acme/i);
    const fields = signed('GET', 'http://api.test/b');
    // The gateway normalises all of these to the path /b.
    for (const other of ['/a/../b', '//b', '/%62', '/b?', 'http://api.test/./b'])
      expect([other, (await proxy.get(other, ...fields)).status]).toEqual([other, 401]);
    expect((await proxy.get('http://api.test/b', ...fields)).status).toBe(200);
    expect(await proxy.line(5)).toMatchObject({
      status: 401,
      authPolicy: 'hmac-auth',
      authReason: 'bad_signature',
    });
  });

  it('compares content of any framing, and reads none that is not signed', async () => {
    const proxy = await start({ content: { maxBytes: 100 } });
    const digest = `sha-256=:${createHash('sha256').update('hello').digest('base64')}:`;
    const field = `Content-Digest: ${digest}`;
    const uri = 'http://api.test/';
    const sign = () => signed('POST', uri, { 'content-digest': digest });
    const chunked = (...pieces: string[]): string =>
      `${pieces.map((piece) => `${piece.length.toString(16)}\r\n${piece}\r\n`).join('')}0\r\n`;
    const send = async (...parts: readonly string[]): Promise<number> =>
      (await proxy.send(parts.join(''))).status;
    const encoded = 'Transfer-Encoding: chunked';
    const sized = 'Content-Length: 5';
    expect(await send(head('POST /', field, sized, ...sign()), 'hello')).toBe(200);
    expect(await send(head('POST /', field, sized, ...sign()), 'Hello')).toBe(401);
    const parts = [head('POST /', field, encoded, ...sign()), chunked('he', 'llo')];
    expect(await send(...parts, '\r\n')).toBe(200);
    // A digest in the trailers is not part of what was signed.
    const late = [head('POST /', encoded, ...sign()), chunked('hello'), `${field}\r\n\r\n`];
    expect(await send(...late)).toBe(401);
    const appended = [head('POST /', field, encoded, ...sign()), chunked('hello', ' there')];
    expect(await send(...appended, '\r\n')).toBe(401);
    // A second field is part of the signed value.
    expect(await send(head('POST /', field, field, sized, ...sign()), 'hello')).toBe(401);
    expect(
      await send(head('POST /', field, 'Digest: SHA-256=AA==', sized, ...sign()), 'hello'),
    ).toBe(401);
    const before = proxy.lines.length;
    // The refusal does not wait for the content.
    const unsigned = head('POST /', field, 'Content-Length: 90', ...signed('GET', uri));
    expect(await send(unsigned)).toBe(401);
    expect(await proxy.line(before)).toMatchObject({ authReason: 'bad_signature' });
    expect(forwarded().match(/hello|llo/g)?.length).toBe(2);
  });

  it('refuses a host that differs from the signed one, in every form of the target', async () => {
    const proxy = await start();
    const fields = signed('GET', 'http://other.test/');
    expect((await proxy.get('/', ...fields)).status).toBe(401);
    expect((await proxy.get('http://other.test/', ...fields)).status).toBe(400);
    const request = `GET http://other.test/ HTTP/1.1\r\nHost: other.test:80\r\n`;
    expect((await proxy.send(`${request}${fields.join('\r\n')}\r\n\r\n`)).status).toBe(200);
  });

  it('verifies requests of HTTP/2, from their pseudo-header fields', async () => {
    const proxy = await start();
    const session = connectHttp2(`http://127.0.0.1:${proxy.port}`);
    const status = async (path: string, authority: string, uri: string): Promise<unknown> => {
      const [input = '', signature = ''] = signed('GET', uri);
      const stream = session.request({
        ':path': path,
        ':authority': authority,
        'signature-input': input.slice(input.indexOf(': ') + 2),
        signature: signature.slice(signature.indexOf(': ') + 2),
      });
      const [response] = (await once(stream, 'response')) as [Record<string, unknown>];
      stream.close();
      return response[':status'];
    };
    try {
      expect(await status('/a?b', 'API.test:80', 'http://api.test/a?b')).toBe(200);
      expect(await status('/a%2Db?', 'api.test', 'http://api.test/a%2Db?')).toBe(200);
      expect(await status('/a', 'other.test', 'http://api.test/a')).toBe(401);
      expect(await status('/a', 'api.test:8443', 'http://api.test/a')).toBe(401);
    } finally {
      session.destroy();
    }
  });

  it('accepts a signature once on all nodes, and refuses when their store fails', async () => {
    const prefix = testKeyPrefix();
    const nodes = [await start({}, prefix), await start({}, prefix)];
    const fields = signed('GET', 'http://api.test/');
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_each, index) =>
        (nodes[index % 2] as ProxyFixture).get('/', ...fields),
      ),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(19);
    const [first] = nodes as [ProxyFixture];
    await first.sharedStores.close();
    const late = await first.get('/', ...signed('GET', 'http://api.test/'));
    expect(late.status).toBe(503);
  });

  it('refuses a revoked and a changed secret with the next request', async () => {
    const proxy = await start();
    const get = async (): Promise<number> =>
      (await proxy.get('/', ...signed('GET', 'http://api.test/'))).status;
    expect(await get()).toBe(200);
    const credential = {
      type: 'hmac' as const,
      name: 'ci',
      consumer: 'consumer-acme',
      username: 'acme-ci',
      secret: 'another-secret-of-the-caller',
    };
    const changed = resource('credential', credential);
    proxy.change(changed);
    expect(await get()).toBe(401);
    proxy.change(resource('credential', { ...credential, secret, algorithm: 'hmac-sha512' }));
    expect(await get()).toBe(401);
    proxy.change(resource('credential', { ...credential, secret }));
    expect(await get()).toBe(200);
    proxy.change({ kind: 'credential', id: changed.id, spec: undefined });
    expect(await get()).toBe(401);
  });

  it('accepts what the scripts of its page send', async () => {
    const proxy = await start();
    const page = readFileSync(
      new URL('../../../../packages/policies/src/hmac-auth/README.md', import.meta.url),
      'utf8',
    );
    const scripts = [...page.matchAll(/^```sh\n(url=.*?)^```$/gms)].map(([, text = '']) => text);
    expect(scripts).toHaveLength(2);
    for (const script of scripts) {
      const own = script.replace('localhost:8000', `127.0.0.1:${proxy.port}`);
      const { stdout } = await promisify(execFile)('sh', ['-c', own]);
      expect(stdout).toBe('ok');
    }
  });
});
