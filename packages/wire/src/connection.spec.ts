import { once } from 'node:events';
import { afterEach, describe, expect, it } from '@jest/globals';
import { bearerMetadata, bearerOf, sameSecret } from './bearer.ts';
import { createConfigStreamClient } from './client.ts';
import { encodeControlFrame } from './codec.ts';
import type { ControlFrame, NodeFrame } from './frames.ts';
import { createConfigStreamServer } from './server.ts';
import type { NodeCall } from './server.ts';
import { isConfidential, parseStreamAddress } from './stream-address.ts';

const security = { mode: 'plaintext', allowRemote: false } as const;
const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function serve(connect: (call: NodeCall) => void): Promise<number> {
  const server = createConfigStreamServer(connect);
  cleanups.push(() => server.close(0));
  return server.listen({ host: '127.0.0.1', port: 0 }, security);
}

function dial(port: number) {
  const client = createConfigStreamClient({
    address: { host: '127.0.0.1', port },
    security,
    token: 's3cret',
  });
  cleanups.push(() => client.close());
  return client.connect();
}

describe('client and server', () => {
  it('exchange frames, and the token travels in the metadata', async () => {
    const tokens: (string | undefined)[] = [];
    const port = await serve((call) => {
      tokens.push(bearerOf(call.metadata));
      call.on('data', (frame: NodeFrame) => {
        if (frame.type === 'ack')
          call.write(encodeControlFrame({ type: 'drain', reason: `saw ${frame.revision}` }));
      });
      call.on('end', () => call.end());
    });
    const call = dial(port);
    call.write({ type: 'ack', revision: 5, quarantined: [] });
    const [frame] = (await once(call, 'data')) as [ControlFrame];
    expect(frame).toEqual({ type: 'drain', reason: 'saw 5' });
    expect(tokens).toEqual(['s3cret']);
    call.end();
    call.resume();
    await once(call, 'end');
  });

  it('fail fast when no server listens', async () => {
    const server = createConfigStreamServer(() => undefined);
    const port = await server.listen({ host: '127.0.0.1', port: 0 }, security);
    await server.close(0);
    const [error] = (await once(dial(port), 'error')) as [Error];
    expect(error.message).toMatch(/UNAVAILABLE.*ECONNREFUSED/s);
  });

  it('refuse messages above the cap', async () => {
    const port = await serve((call) => call.write(Buffer.alloc(4 * 1024 * 1024 + 1)));
    const call = dial(port);
    call.on('data', () => undefined);
    const [error] = (await once(call, 'error')) as [Error];
    expect(error.message).toContain('RESOURCE_EXHAUSTED');
  });

  it('end the stream when a frame cannot be understood', async () => {
    const port = await serve((call) => call.write(Buffer.from('not a frame')));
    const call = dial(port);
    call.on('data', () => undefined);
    const [error] = (await once(call, 'error')) as [Error];
    expect(error.message).toContain('the message is not a frame');
  });

  it('name the address that is taken', async () => {
    const port = await serve(() => undefined);
    const second = createConfigStreamServer(() => undefined);
    await expect(second.listen({ host: '127.0.0.1', port }, security)).rejects.toThrow(
      new RegExp(`cannot listen on 127\\.0\\.0\\.1:${port}`),
    );
  });

  it('refuse plaintext beyond this machine unless it was allowed', async () => {
    const server = createConfigStreamServer(() => undefined);
    await expect(server.listen({ host: '0.0.0.0', port: 0 }, security)).rejects.toThrow(
      'SLUICE_STREAM_INSECURE=1',
    );
    const remote = { address: { host: 'control-plane', port: 8005 }, token: 't' };
    expect(() => createConfigStreamClient({ ...remote, security })).toThrow(
      'SLUICE_STREAM_INSECURE=1',
    );
    const allowed = createConfigStreamClient({
      ...remote,
      security: { mode: 'plaintext', allowRemote: true },
    });
    allowed.close();
  });
});

describe('addresses', () => {
  it.each([
    ['127.0.0.1:8005', { host: '127.0.0.1', port: 8005 }],
    [' control-plane:9 ', { host: 'control-plane', port: 9 }],
    ['control-plane', { host: 'control-plane', port: 8005 }],
    ['[::1]:8005', { host: '::1', port: 8005 }],
    ['[::1]', { host: '::1', port: 8005 }],
  ])('%s is understood', (text, address) => {
    expect(parseStreamAddress(text)).toEqual(address);
  });

  it.each(['', ':8005', 'a:0', 'a:65536', 'http://a:1', '::1', 'a b'])(
    '"%s" is refused',
    (text) => {
      expect(() => parseStreamAddress(text)).toThrow(/expected host:port/);
    },
  );
});

describe('a connection', () => {
  it.each([
    ['127.0.0.1:5', true],
    ['127.1.2.3:5', true],
    ['::1:5', true],
    ['::ffff:127.0.0.1:5', true],
    ['10.0.0.1:5', false],
    ['::ffff:10.0.0.1:5', false],
    ['fe80::1:5', false],
    ['127.0.0.1.example:5', false],
    ['unknown', false],
    ['', false],
  ])('from %s is confidential without TLS: %s', (peer, expected) => {
    expect(isConfidential('plaintext', peer)).toBe(expected);
    expect(isConfidential('tls', peer)).toBe(true);
  });
});

describe('bearer tokens', () => {
  it('are read as they were written', () => {
    expect(bearerOf(bearerMetadata('abc'))).toBe('abc');
    const metadata = bearerMetadata('abc');
    metadata.set('authorization', 'Basic abc');
    expect(bearerOf(metadata)).toBeUndefined();
    metadata.remove('authorization');
    expect(bearerOf(metadata)).toBeUndefined();
  });

  it('are compared whole', () => {
    expect(sameSecret('abc', 'abc')).toBe(true);
    expect(sameSecret('abc', 'abd')).toBe(false);
    expect(sameSecret('abc', 'abcd')).toBe(false);
  });
});
