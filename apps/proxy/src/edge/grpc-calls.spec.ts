import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as grpc from '@grpc/grpc-js';
import { ProxyFixture } from '../exchange/testing/proxy-fixture.ts';
import { eventually } from '../listener/testing/running-listener.ts';
import { resource } from '../runtime/testing/resources.ts';
import { localCertificate, testAuthority } from '../upstream/testing/certificates.ts';
import { TestTls } from '../listener/testing/test-tls.ts';

/** Messages are raw bytes: their content does not matter here. */
const bytes = (value: Buffer): Buffer => value;
const method = (path: string, streams = false) =>
  ({
    path,
    requestStream: streams,
    responseStream: streams,
    requestSerialize: bytes,
    requestDeserialize: bytes,
    responseSerialize: bytes,
    responseDeserialize: bytes,
  }) as const;

interface Outcome {
  readonly code: number;
  readonly details: string;
  readonly metadata: grpc.Metadata;
  readonly reply: string | undefined;
}

/** Calls of the usual gRPC library, through the proxy, to a server of the same library. */
describe.each([
  ['plain, h2c', false, 'h2c'],
  ['plain, h2', false, 'h2'],
  ['TLS, h2c', true, 'h2c'],
  ['TLS, h2', true, 'h2'],
] as const)('gRPC over %s', (_, isEncrypted, protocol) => {
  let server: grpc.Server;
  let proxy: ProxyFixture;
  let client: grpc.Client;

  beforeAll(async () => {
    server = new grpc.Server();
    server.addService(
      {
        fail: method('/pkg.S/Fail'),
        echo: method('/pkg.S/Echo'),
        chat: method('/pkg.S/Chat', true),
      },
      {
        fail: (call: grpc.ServerUnaryCall<Buffer, Buffer>, callback: grpc.sendUnaryData<Buffer>) =>
          callback({ code: Number(call.request.toString()), details: 'said é% so' }),
        echo: (call: grpc.ServerUnaryCall<Buffer, Buffer>, callback: grpc.sendUnaryData<Buffer>) =>
          callback(null, call.request),
        chat: (call: grpc.ServerDuplexStream<Buffer, Buffer>) => {
          call.on('data', (message: Buffer) => call.write(message));
          call.on('end', () => call.end());
        },
      },
    );
    const certificate = {
      cert_chain: Buffer.from(localCertificate.cert),
      private_key: Buffer.from(localCertificate.key),
    };
    const credentials =
      protocol === 'h2'
        ? grpc.ServerCredentials.createSsl(null, [certificate])
        : grpc.ServerCredentials.createInsecure();
    const port = await new Promise<number>((resolve, reject) =>
      server.bindAsync('127.0.0.1:0', credentials, (fault, bound) =>
        fault === null ? resolve(bound) : reject(fault),
      ),
    );
    const tls = { caCertificates: testAuthority };
    const service = {
      targets: [{ address: `127.0.0.1:${port}` }],
      protocol,
      tls,
      timeouts: { connectMs: 10_000 },
    };
    proxy = await ProxyFixture.start({
      listener: isEncrypted ? { tls: new TestTls([localCertificate]) } : {},
      resources: [
        resource('gateway', { name: 'default', limits: { maxBodyBytes: 100_000 } }),
        resource('service', { name: 'grpc', ...service }),
        resource('service', { name: 'away', ...service, targets: [{ address: '127.0.0.1:1' }] }),
        resource('route', { name: 'all', paths: ['/pkg.S/*'], service: 'service-grpc' }),
        resource('route', {
          name: 'keyed',
          paths: ['/keyed.S/*'],
          service: 'service-grpc',
          policies: [{ name: 'key-auth' }],
        }),
        resource('route', {
          name: 'denied',
          paths: ['/denied.S/*'],
          service: 'service-grpc',
          policies: [{ name: 'ip-restriction', config: { deny: ['127.0.0.0/8'] } }],
        }),
        resource('route', {
          name: 'limited',
          paths: ['/limited.S/*'],
          service: 'service-grpc',
          policies: [
            { name: 'rate-limit', config: { by: 'address', limit: 1, windowSeconds: 3600 } },
          ],
        }),
        resource('route', {
          name: 'small',
          paths: ['/small.S/*'],
          service: 'service-grpc',
          limits: { maxBodyBytes: 10 },
        }),
        resource('route', {
          name: 'endless',
          paths: ['/endless.S/*'],
          service: 'service-grpc',
          rewrite: { path: '/pkg.S/Chat' },
          limits: { maxBodyBytes: 0 },
        }),
        resource('route', { name: 'away', paths: ['/away.S/*'], service: 'service-away' }),
        resource('route', {
          name: 'own',
          paths: ['/own.S/*'],
          policies: [
            {
              name: 'static-response',
              config: {
                status: 200,
                contentType: 'application/grpc',
                headers: { 'grpc-status': '5' },
              },
            },
          ],
        }),
      ],
    });
    const own = isEncrypted
      ? grpc.credentials.createSsl(Buffer.from(testAuthority))
      : grpc.credentials.createInsecure();
    client = new grpc.Client(`127.0.0.1:${proxy.port}`, own, {
      'grpc.ssl_target_name_override': 'localhost',
    });
  });
  afterAll(async () => {
    client.close();
    await proxy.stop();
    server.forceShutdown();
  });

  const call = (path: string, message = 'm'): Promise<Outcome> =>
    new Promise((resolve) => {
      let reply: string | undefined;
      client
        .makeUnaryRequest(
          path,
          bytes,
          bytes,
          Buffer.from(message),
          { deadline: Date.now() + 60_000 },
          (_fault, value) => (reply = value?.toString()),
        )
        .on('status', ({ code, details, metadata }) =>
          setImmediate(() => resolve({ code, details, metadata, reply })),
        );
    });

  it('a call is answered', async () => {
    expect(await call('/pkg.S/Echo', 'hello')).toMatchObject({ code: 0, reply: 'hello' });
  });

  it('every error of the server reaches its caller unchanged', async () => {
    for (let code = 1; code <= 16; code++)
      expect(await call('/pkg.S/Fail', String(code))).toMatchObject({
        code,
        details: 'said é% so',
      });
    expect((await call('/pkg.S/NoSuchMethod')).code).toBe(grpc.status.UNIMPLEMENTED);
  });

  it.each<[string, string, number, number, string]>([
    ['no route', '/none.S/Call', grpc.status.UNIMPLEMENTED, 404, 'route_not_found'],
    ['no credential', '/keyed.S/Call', grpc.status.UNAUTHENTICATED, 401, 'unauthorized'],
    ['no permission', '/denied.S/Call', grpc.status.PERMISSION_DENIED, 403, 'address_denied'],
    [
      'a message above the limit',
      '/small.S/Call',
      grpc.status.RESOURCE_EXHAUSTED,
      413,
      'content_too_large',
    ],
    [
      'a target that is away',
      '/away.S/Call',
      grpc.status.UNAVAILABLE,
      502,
      'upstream_connect_failed',
    ],
  ])(
    '%s is reported in grpc-status, and logged as the corresponding HTTP status',
    async (_case, path, code, status, logged) => {
      const outcome = await call(path, 'more than ten bytes');
      expect(outcome.code).toBe(code);
      expect(outcome.details).not.toBe('');
      await eventually(() => proxy.lines.some((line) => line['path'] === path));
      const line = proxy.lines.find((each) => each['path'] === path);
      expect(line).toMatchObject({ status, code: logged });
      expect(outcome.metadata.get('x-request-id')).toEqual([line?.['requestId']]);
    },
  );

  it('an exceeded limit says when to retry', async () => {
    await call('/limited.S/Call');
    const outcome = await call('/limited.S/Call');
    expect([outcome.code, outcome.metadata.get('retry-after')]).toEqual([
      grpc.status.RESOURCE_EXHAUSTED,
      [expect.stringMatching(/^\d+$/)],
    ]);
  });

  it('the configured response of a policy is not changed', async () => {
    expect((await call('/own.S/Call')).code).toBe(grpc.status.NOT_FOUND);
  });

  it.each([
    ['/pkg.S/Chat', grpc.status.RESOURCE_EXHAUSTED],
    ['/endless.S/Chat', grpc.status.OK],
  ])(
    'a stream to %s with more than the limit of the gateway ends with %i',
    async (path, expected) => {
      const stream = client.makeBidiStreamRequest(path, bytes, bytes, {
        deadline: Date.now() + 60_000,
      });
      let code = -1;
      let received = 0;
      stream.on('error', () => undefined);
      stream.on('status', (status: grpc.StatusObject) => (code = status.code));
      stream.on('data', (message: Buffer) => (received += message.length));
      for (let count = 0; count < 20; count++) stream.write(Buffer.alloc(10_000));
      stream.end();
      await eventually(() => code !== -1);
      expect(code).toBe(expected);
      if (expected === grpc.status.OK) expect(received).toBe(200_000);
    },
  );
});
