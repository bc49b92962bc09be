import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect, type ClientHttp2Session } from 'node:http2';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { definePolicy, definePolicySchema, principal } from '@sluice/policy-sdk';
import { z } from 'zod';
import { ProxyFixture } from '../exchange/testing/proxy-fixture.ts';
import type { RawClient } from '../listener/testing/raw-client.ts';
import { eventually } from '../listener/testing/running-listener.ts';
import { resource } from '../runtime/testing/resources.ts';
import { Http2Origin } from '../upstream/testing/http2-origin.ts';
import { RawOrigin } from '../upstream/testing/raw-origin.ts';
import { closeFrame } from '../listener/websocket-frames.ts';

const key = 'slk_0123456789abcdef0123456789abcdef';

/** A session that lasts for `ms`, or until it is revoked. */
const session = definePolicy({
  schema: definePolicySchema({
    name: 'session',
    summary: 'Recognises a session.',
    phases: ['authenticate'],
    authenticates: true,
    config: z.strictObject({ ms: z.number().optional() }),
  }),
  compile: ({ ms }) => ({
    challenges: ['Session'],
    hint: 'Log in.',
    authenticate: () =>
      principal({
        subject: 'jane',
        isLive: () => isLive,
        ...(ms === undefined ? {} : { expiresAtMs: Date.now() + ms }),
      }),
  }),
});

let isLive: boolean;
let proxy: ProxyFixture;
let http: RawOrigin;
let grpc: Http2Origin;
let client: ClientHttp2Session | undefined;
/** Bytes of the upstream after 101. */
let frames: Buffer;

beforeEach(async () => {
  isLive = true;
  frames = Buffer.from([0x81, 2, 0x68, 0x69]);
  http = await RawOrigin.start(({ socket }) => {
    socket.on('data', (chunk: Buffer) => {
      const request = chunk.toString('latin1');
      if (request.includes('/ws'))
        socket.write(
          Buffer.concat([
            Buffer.from(
              'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\n\r\n',
            ),
            frames,
          ]),
        );
      else if (request.includes('/sse'))
        socket.write(
          'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n9\r\ndata: a\n\n\r\n',
        );
    });
  });
  grpc = await Http2Origin.start(({ stream }) => {
    stream.respond([':status', '200', 'content-type', 'application/grpc']);
    stream.write('message');
  });
});
afterEach(async () => {
  client?.destroy();
  client = undefined;
  await proxy.stop();
  http.stop();
  grpc.stop();
});

const credential = (more: object = {}) =>
  resource('credential', {
    type: 'key',
    name: 'key-1',
    consumer: 'consumer-jane',
    hash: createHash('sha256').update(key).digest('hex'),
    prefix: key.slice(0, 12),
    ...more,
  });

async function start(policy: { name: string; config: object }, route: object = {}): Promise<void> {
  const policies = [{ ...policy, config: { ...policy.config } }];
  const each = (name: string, service: string) =>
    resource('route', { name, paths: [`/${name}/*`], service, policies, ...route });
  proxy = await ProxyFixture.start({
    policies: [session],
    resources: [
      resource('service', { name: 'web', targets: [{ address: http.address }] }),
      resource('service', { name: 'grpc', protocol: 'h2c', targets: [{ address: grpc.address }] }),
      resource('consumer', { username: 'jane' }),
      credential(),
      each('web', 'service-web'),
      each('grpc', 'service-grpc'),
    ],
  });
}

interface Streams {
  readonly webSocket: RawClient;
  readonly sse: RawClient;
  readonly call: { isOpen: boolean; readonly bytes: () => number };
}

/** Opens a WebSocket, an event stream and a gRPC call, and waits for the first bytes of each. */
async function open(): Promise<Streams> {
  const fields = `Host: api.test\r\nX-Api-Key: ${key}\r\n`;
  const webSocket = await proxy.connect();
  webSocket.send(
    `GET /web/ws HTTP/1.1\r\n${fields}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n`,
  );
  await webSocket.readUntil('\r\n\r\n');
  const sse = await proxy.connect();
  sse.send(`GET /web/sse HTTP/1.1\r\n${fields}\r\n`);
  await sse.readUntil('data: a\n\n');
  client = connect(`http://127.0.0.1:${proxy.port}`);
  client.on('error', () => undefined);
  const stream = client.request({
    ':method': 'POST',
    ':path': '/grpc/call',
    ':authority': 'api.test',
    'content-type': 'application/grpc',
    te: 'trailers',
    'x-api-key': key,
  });
  let bytes = 0;
  const call = { isOpen: true, bytes: () => bytes };
  stream.on('data', (chunk: Buffer) => (bytes += chunk.length));
  stream.on('error', () => undefined).on('close', () => (call.isOpen = false));
  await once(stream, 'response');
  await eventually(() => bytes > 0);
  return { webSocket, sse, call };
}

/** Expects that all streams end, the WebSocket with status 1008, and that the upstream notices. */
async function expectEnd({ webSocket, sse, call }: Streams, reason: RegExp): Promise<void> {
  const rest = Buffer.from(await webSocket.readToEnd(), 'latin1');
  const close = closeFrame(1008, 'The credential has expired or was revoked.');
  expect(rest.subarray(0, frames.length).equals(frames)).toBe(true);
  expect(rest.subarray(frames.length).equals(close)).toBe(true);
  expect(await sse.readToEnd()).not.toContain('0\r\n\r\n');
  await eventually(() => !call.isOpen);
  await eventually(() => http.connections.every(({ closed }) => closed));
  await eventually(() => grpc.streams.every(({ stream }) => stream.destroyed));
  await eventually(() => proxy.lines.length === 3);
  for (const line of proxy.lines) expect(line['reason']).toMatch(reason);
  expect(proxy.streams.size).toBe(0);
}

const keyAuth = { name: 'key-auth', config: {} };

describe('open streams', () => {
  it('end when the credential is deleted', async () => {
    await start(keyAuth);
    const streams = await open();
    proxy.change({ kind: 'credential', id: 'credential-key-1', spec: undefined });
    await expectEnd(streams, /was revoked$/);
  });

  it('end when the credential is disabled, and not by another change', async () => {
    await start(keyAuth);
    const streams = await open();
    proxy.change(resource('consumer', { username: 'other' }));
    await proxy.streams.check();
    expect(proxy.streams.size).toBe(3);
    expect(streams.call.isOpen).toBe(true);
    proxy.change(credential({ disabled: true }));
    await expectEnd(streams, /was revoked$/);
  });

  it('end when the session expires', async () => {
    await start({ name: 'session', config: { ms: 2_000 } });
    await expectEnd(await open(), /has expired$/);
  });

  it('end when the policy says that the session is revoked', async () => {
    await start({ name: 'session', config: {} });
    const streams = await open();
    await proxy.streams.check();
    expect(proxy.streams.size).toBe(3);
    isLive = false;
    await expectEnd(streams, /was revoked$/);
  });

  it('go on where the route keeps them', async () => {
    await start(keyAuth, { streams: 'keep' });
    const { call } = await open();
    proxy.change({ kind: 'credential', id: 'credential-key-1', spec: undefined });
    await proxy.streams.check();
    expect([proxy.streams.size, call.isOpen]).toEqual([0, true]);
  });

  it('send the rest of a frame before the Close frame, and nothing after it', async () => {
    frames = Buffer.concat([Buffer.from([0x82, 126, 0, 5]), Buffer.from('ab')]);
    await start({ name: 'session', config: {} });
    const { webSocket } = await open();
    isLive = false;
    await proxy.streams.check();
    const [upstream] = http.connections;
    upstream?.socket.write(Buffer.concat([Buffer.from('cde'), Buffer.from([0x81, 1, 0x7a])]));
    const rest = Buffer.from(await webSocket.readToEnd(), 'latin1');
    const close = closeFrame(1008, 'The credential has expired or was revoked.');
    expect(rest.equals(Buffer.concat([frames, Buffer.from('cde'), close]))).toBe(true);
  });
});
