import { once } from 'node:events';
import { generateKeyPairSync } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { KeySet } from '../key-set.ts';
import type { FetchEvent, KeyFetcher } from './key-fetcher.ts';
import { metadataUrls, type KeyLocation } from './key-source.ts';
import { RemoteKeys } from './remote-keys.ts';
import { sharedKeys } from './shared-keys.ts';

const jwk = (kid: string): object => ({
  ...generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }),
  kid,
});
const setOf = (...kids: string[]): string => JSON.stringify({ keys: kids.map(jwk) });

let server: Server;
let answer: (request: IncomingMessage, response: ServerResponse) => void;
let paths: string[];
let events: FetchEvent[];
let clock: { at: number; now(): number };
let fetcher: KeyFetcher;
const base = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const says =
  (body: string, status = 200, headers: Record<string, string> = {}) =>
  (_request: IncomingMessage, response: ServerResponse): void =>
    void response.writeHead(status, headers).end(body);

beforeEach(async () => {
  paths = [];
  events = [];
  clock = { at: 1_800_000_000_000, now: () => clock.at };
  server = createServer((request, response) => {
    paths.push(request.url ?? '');
    answer(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  fetcher = {
    client: {
      async request(url, { headers }) {
        const response = await fetch(url, { headers, redirect: 'error' });
        const body = new Uint8Array(await response.arrayBuffer());
        const get = (name: string): string | undefined => response.headers.get(name) ?? undefined;
        return { status: response.status, headers: { get }, body };
      },
    },
    onFetch: (event) => void events.push(event),
  };
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const jwks = (): RemoteKeys => new RemoteKeys({ jwksUri: `${base()}/jwks` }, clock);
const kidsOf = (keys: KeySet | undefined): unknown => keys?.keys.map(({ kid }) => kid);

describe('RemoteKeys', () => {
  it('fetches once for parallel tokens, and then answers without waiting', async () => {
    answer = says(setOf('a'));
    const keys = jwks();
    const calls = Array.from({ length: 50 }, async () => keys.keysFor({ kid: 'a' }, fetcher));
    for (const found of await Promise.all(calls)) expect(kidsOf(found)).toEqual(['a']);
    expect(kidsOf(keys.keysFor({ kid: 'a' }, fetcher) as KeySet)).toEqual(['a']);
    expect(paths).toEqual(['/jwks']);
  });

  it('fetches at most every 30 seconds for unknown keys, and finds rotated ones', async () => {
    answer = says(setOf('a'));
    const keys = jwks();
    await keys.keysFor({ kid: 'a' }, fetcher);
    for (let index = 0; index < 1_000; index++)
      expect(keys.keysFor({ kid: `random-${index}` }, fetcher)).not.toBeInstanceOf(Promise);
    expect(paths).toHaveLength(1);
    clock.at += 30_000;
    answer = says(setOf('b'));
    expect(kidsOf(await keys.keysFor({ kid: 'b' }, fetcher))).toEqual(['b']);
    expect(keys.keysFor({ kid: 'a' }, fetcher)).toBe(keys.current);
    expect(paths).toHaveLength(2);
  });

  it.each<[string, (request: IncomingMessage, response: ServerResponse) => void]>([
    ['500', says('{}', 500)],
    ['HTML', says('<html>down</html>', 200, { 'Content-Type': 'text/html' })],
    ['304 unasked', says('', 304)],
    ['a redirect', says('', 302, { Location: 'http://127.0.0.1:1/' })],
    ['no set', says('[]')],
    ['duplicate members', says('{"keys":[],"keys":[]}')],
    [
      'half an answer',
      (_request, response) => {
        response.writeHead(200, { 'Content-Length': '100' });
        response.write('{"keys"');
        setImmediate(() => response.destroy());
      },
    ],
    ['a reset', (request) => void request.socket.destroy()],
  ])('keeps keys through %s, backs off without any, and recovers', async (_name, fault) => {
    answer = fault;
    const keys = jwks();
    expect(await keys.keysFor({ kid: 'a' }, fetcher)).toBeUndefined();
    expect(keys.lastFault).toEqual(expect.any(String));
    expect(keys.keysFor({ kid: 'a' }, fetcher)).toBeUndefined();
    const attempts = paths.length;
    clock.at += 1_000;
    expect(await keys.keysFor({ kid: 'a' }, fetcher)).toBeUndefined();
    expect(paths.length).toBeGreaterThan(attempts);
    const second = paths.length;
    clock.at += 1_000;
    expect(keys.keysFor({ kid: 'a' }, fetcher)).toBeUndefined();
    expect(paths).toHaveLength(second);
    clock.at += 30_000;
    answer = says(setOf('a'));
    expect(kidsOf(await keys.keysFor({ kid: 'a' }, fetcher))).toEqual(['a']);
    answer = fault;
    clock.at += 3_600_000;
    expect(kidsOf((await keys.refetched(fetcher)) as KeySet)).toEqual(['a']);
    expect(events.at(-1)?.outcome).toBe('failed');
    clock.at += 86_400_000;
    expect(keys.current).toBeUndefined();
  });

  it('asks for changes only, and refreshes in the background', async () => {
    const content = setOf('a');
    answer = (request, response) =>
      request.headers['if-none-match'] === '"1"'
        ? says('', 304)(request, response)
        : says(content, 200, { ETag: '"1"', 'Cache-Control': 'public, max-age=60' })(
            request,
            response,
          );
    const keys = jwks();
    const first = await keys.keysFor({ kid: 'a' }, fetcher);
    clock.at += 60_000;
    expect(keys.keysFor({ kid: 'a' }, fetcher)).toBe(first);
    await keys.refetched(fetcher);
    expect(events.map(({ outcome }) => outcome)).toEqual(['fetched', 'not_modified']);
    expect(keys.current).toBe(first);
  });

  it('does not count the end of the policy whose client fetched', async () => {
    answer = says(setOf('a'));
    const keys = jwks();
    const closing: KeyFetcher = {
      client: {
        request: () => Promise.reject(Object.assign(new Error('closed'), { reason: 'closed' })),
      },
    };
    const calls = [closing, closing, fetcher].map(async (each) => keys.keysFor({ kid: 'a' }, each));
    expect(kidsOf((await Promise.all(calls)).at(-1))).toEqual(['a']);
    expect(events).toHaveLength(1);
    expect(events.every(({ outcome }) => outcome === 'fetched')).toBe(true);
  });

  it('finds keys by the metadata of the issuer, and warns when that names another', async () => {
    expect(metadataUrls('https://id.test/realms/a/')).toEqual([
      'https://id.test/realms/a/.well-known/openid-configuration',
      'https://id.test/.well-known/oauth-authorization-server/realms/a',
    ]);
    const issuer = `${base()}/realms/a`;
    const metadata = JSON.stringify({ issuer: 'https://other.test', jwks_uri: `${base()}/k` });
    answer = (request, response) => {
      const isMetadata = request.url === '/.well-known/oauth-authorization-server/realms/a';
      const isKeys = request.url === '/k';
      says(isMetadata ? metadata : isKeys ? setOf('a') : '', isMetadata || isKeys ? 200 : 404)(
        request,
        response,
      );
    };
    const keys = new RemoteKeys({ issuer }, clock);
    expect(kidsOf(await keys.keysFor({ kid: 'a' }, fetcher))).toEqual(['a']);
    expect(events[0]?.detail).toContain('https://other.test');
    expect(events[0]?.detail).toContain(issuer);
  });

  it('is shared by all holders of a location, until the last releases it', () => {
    const location: KeyLocation = { jwksUri: `${base()}/jwks` };
    const one = sharedKeys(location, 'public', clock);
    const other = sharedKeys(location, 'public', clock);
    expect(other.keys).toBe(one.keys);
    expect(sharedKeys(location, 'private', clock).keys).not.toBe(one.keys);
    one.release();
    one.release();
    expect(sharedKeys(location, 'public', clock).keys).toBe(other.keys);
  });
});
