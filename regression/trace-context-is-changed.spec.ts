import { connect } from 'node:http2';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Tracer } from '@sluice/telemetry';
import { startOtlpReceiver } from '@sluice/testkit';
import { ProxyFixture } from '../apps/proxy/src/exchange/testing/proxy-fixture.ts';
import { eventually } from '../apps/proxy/src/listener/testing/running-listener.ts';
import { resource } from '../apps/proxy/src/runtime/testing/resources.ts';
import { Http2Origin } from '../apps/proxy/src/upstream/testing/http2-origin.ts';
import { RawOrigin } from '../apps/proxy/src/upstream/testing/raw-origin.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const parent = (flags: string, version = '00'): string =>
  `traceparent: ${version}-${traceId}-b7ad6b7169203331-${flags}`;
const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

describe('a trace', () => {
  let receiver: Awaited<ReturnType<typeof startOtlpReceiver>>;
  let origin: { readonly address: string; stop(): void };
  let proxy: ProxyFixture;
  let tracer: Tracer;
  let heads: string[];

  beforeEach(async () => {
    receiver = await startOtlpReceiver();
    heads = [];
  });
  afterEach(async () => {
    await proxy.stop();
    await tracer.shutdown();
    origin.stop();
    await receiver.close();
  });

  const startWith = async (
    started: typeof origin,
    ratio: number,
    service: object = {},
  ): Promise<void> => {
    origin = started;
    const noted = {
      onExported: () => undefined,
      onDropped: () => undefined,
      warn: () => undefined,
      collectMs: 20,
    };
    tracer = new Tracer({
      serviceName: 'proxy',
      instanceId: 'node',
      version: '0',
      ratio,
      export: { endpoint: receiver.endpoint, ...noted },
    });
    proxy = await ProxyFixture.start({
      tracer,
      resources: [
        resource('service', { name: 'origin', targets: [{ address: origin.address }], ...service }),
        resource('route', { name: 'all', paths: ['/*'], service: 'service-origin' }),
      ],
    });
  };
  /**
   * Starts an upstream that answers each head with these bytes, and optionally closes the
   * connection after them.
   */
  const start = async (
    text = ok,
    ratio = 0,
    closes = false,
    service: object = {},
  ): Promise<void> => {
    const upstream = await RawOrigin.start(({ socket }) =>
      socket
        .on('error', () => undefined)
        .on('data', (chunk: Buffer) => {
          heads.push(chunk.toString('latin1'));
          socket.write(text, () => closes && socket.destroy());
        }),
    );
    await startWith(upstream, ratio, service);
  };
  const sent = (name: string): string[] =>
    (heads.at(-1) ?? '')
      .split('\r\n')
      .filter((line) => line.toLowerCase().startsWith(`${name}:`))
      .map((line) => line.slice(name.length + 1).trim());
  const spans = async (count: number) => {
    const received = await receiver.waitForSpans(count, 20_000);
    return {
      server: received.find(({ kind }) => kind === 'server'),
      client: received.find(({ kind }) => kind === 'client'),
    };
  };

  it.each([
    ['03', '00', '03'],
    ['02', '00', '02'],
    ['ff', '00', '03'],
    ['07', 'cc', '03'],
  ])(
    'keeps the random flag of %s (version %s), and clears undefined flags',
    async (flags, version, expected) => {
      await start();
      await proxy.get('/', parent(flags, version));
      expect(sent('traceparent')).toEqual([
        expect.stringMatching(new RegExp(`^00-${traceId}-[0-9a-f]{16}-${expected}$`)),
      ]);
    },
  );

  it.each([
    ['two fields', [parent('01'), parent('01')]],
    ['a list in one field', [`${parent('01')}, 00-${traceId}-b7ad6b7169203331-01`]],
    ['a further, empty field', ['traceparent:', parent('01')]],
  ])('does not continue from %s, and none of it is forwarded', async (_, fields) => {
    await start(ok, 1);
    await proxy.get('/', ...fields, 'tracestate: a=1');
    const [value, ...more] = sent('traceparent');
    expect(value).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-03$/);
    expect(value).not.toContain(traceId);
    expect([more, sent('tracestate')]).toEqual([[], []]);
    expect((await spans(2)).server).toMatchObject({ parentSpanId: '' });
  });

  it.each([
    [['a=1,b=2'], ['a=1,b=2']],
    [['a=1', 'b=2, c=3', ''], ['a=1,b=2, c=3,']],
    [['a=1,,b=2'], ['a=1,,b=2']],
    [['A=1'], []],
    [['a=1', 'not a member'], []],
    [['a=\u00e9'], []],
    [[''], []],
    [[Array.from({ length: 33 }, (_, index) => `k${index}=1`).join(',')], []],
  ])('forwards tracestate %j as %j', async (values, expected) => {
    await start();
    await proxy.send(
      Buffer.from(
        `GET / HTTP/1.1\r\nHost: a\r\n${[parent('01'), ...values.map((value) => `tracestate: ${value}`)].join('\r\n')}\r\n\r\n`,
        'latin1',
      ),
    );
    expect([sent('tracestate'), sent('traceparent')[0]?.slice(3, 35)]).toEqual([expected, traceId]);
    const { server, client } = await spans(2);
    expect([server?.traceState, client?.traceState]).toEqual([
      expected[0] ?? '',
      expected[0] ?? '',
    ]);
  });

  it.each([
    [
      'the upstream breaks off',
      'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf',
      {},
      'upstream_reset',
    ],
    [
      'the upstream stalls',
      'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf',
      { timeouts: { idleMs: 200 } },
      'upstream_timeout',
    ],
  ])('has errors when %s half-way', async (_, text, service, errorType) => {
    await start(text, 1, errorType === 'upstream_reset', service);
    const client = await proxy.connect();
    client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await client.readToEnd();
    for (const span of Object.values(await spans(2))) {
      expect(span).toMatchObject({
        status: 'error',
        attributes: { 'error.type': errorType, 'http.response.status_code': 200 },
      });
    }
  });

  it.each([
    ['before the head', '', undefined],
    ['half-way', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf', 200],
    [
      'in a tunnel',
      'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhalf',
      101,
    ],
  ])('has errors when the client leaves %s', async (_, text, status) => {
    await start(text, 1);
    const client = await proxy.connect();
    client.send(
      'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
    );
    if (text === '') await eventually(() => heads.length === 1);
    else await client.readUntil('half');
    client.reset();
    for (const span of Object.values(await spans(2))) {
      expect(span).toMatchObject({
        status: 'error',
        attributes: { 'error.type': 'client_closed_request' },
      });
      expect(span?.attributes['http.response.status_code']).toBe(status);
    }
  });

  it.each([
    [
      'a malformed request',
      'GET / HTTP/1.1\r\nHost: a\r\nbad field: x\r\n\r\n',
      400,
      'malformed_request',
      '',
    ],
    [
      'an OPTIONS about the server, in the trace of its caller',
      `OPTIONS * HTTP/1.1\r\nHost: a\r\n${parent('01')}\r\n\r\n`,
      204,
      undefined,
      'b7ad6b7169203331',
    ],
    [
      'a method that is not served, in the trace of its caller',
      `TRACE / HTTP/1.1\r\nHost: a\r\n${parent('01')}\r\n\r\n`,
      405,
      undefined,
      'b7ad6b7169203331',
    ],
  ])('includes %s that the edge answers', async (_, request, status, code, parentSpanId) => {
    await start(ok, code === undefined ? 0 : 1);
    expect((await proxy.send(request)).status).toBe(status);
    const { server } = await spans(1);
    expect(server).toMatchObject({
      parentSpanId,
      status: 'unset',
      attributes: {
        'http.response.status_code': status,
        'url.scheme': 'http',
        'network.protocol.version': '1.1',
      },
    });
    expect(await proxy.line(0)).toMatchObject({ traceId: server?.traceId, status });
  });

  it('applies the ratio to requests that the edge answers: none is sampled at 0', async () => {
    await start();
    for (let index = 0; index < 50; index++) await proxy.send('nonsense\r\n\r\n');
    await proxy.get('/', parent('01'));
    await spans(2);
    expect(receiver.spans().filter(({ traceId: id }) => id !== traceId)).toEqual([]);
  });

  it('has the protocol of each side, and the port that the client requested', async () => {
    await start(ok, 1);
    await proxy.send('GET /p?q=1 HTTP/1.0\r\nHost: shop.test:8443\r\n\r\n');
    const { server, client } = await spans(2);
    expect(server?.attributes).toMatchObject({
      'network.protocol.version': '1.0',
      'server.address': 'shop.test',
      'server.port': 8_443,
      'network.peer.address': '127.0.0.1',
    });
    expect(client?.attributes).toMatchObject({
      'network.protocol.version': '1.1',
      'url.full': `http://${origin.address}/p`,
    });
    expect([server?.scopeSchemaUrl, server?.resourceSchemaUrl]).toEqual(
      Array(2).fill('https://opentelemetry.io/schemas/1.45.0'),
    );
  });

  it.each([
    ['5', 5, 'NOT_FOUND', 'unset', '5'],
    ['13', 13, 'INTERNAL', 'error', '13'],
    ['99', 99, '99', 'error', '_other'],
  ])(
    'of a gRPC call has its status %s, as the log and the metrics have',
    async (text, number, name, status, label) => {
      const upstream = await Http2Origin.start(({ stream }) => {
        stream.respond(
          { ':status': 200, 'content-type': 'application/grpc' },
          { waitForTrailers: true },
        );
        stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': text }));
        stream.end('message');
      });
      await startWith(upstream, 1, { protocol: 'h2c' });
      const session = connect(`http://127.0.0.1:${proxy.port}`);
      const call = session.request({
        ':method': 'POST',
        ':path': '/p.S/M',
        'content-type': 'application/grpc',
        te: 'trailers',
      });
      call.resume().end('message');
      const { server, client } = await spans(2);
      session.destroy();
      expect(server).toMatchObject({
        status,
        attributes: {
          'rpc.system.name': 'grpc',
          'rpc.status_code': name,
          'http.response.status_code': 200,
        },
      });
      expect(client).toMatchObject({
        status: 'error',
        attributes: {
          'rpc.status_code': name,
          'error.type': name,
          'network.protocol.version': '2',
        },
      });
      expect(await proxy.line(0)).toMatchObject({ status: 200, grpcStatus: number });
      expect(
        proxy.counted('sluice_grpc_responses_total', { route: 'all', grpc_status: label }),
      ).toBe(1);
    },
  );
});
