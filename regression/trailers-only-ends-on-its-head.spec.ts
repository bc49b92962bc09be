import {
  connect,
  constants,
  type ClientHttp2Session,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from 'node:http2';
import { afterEach, describe, expect, it } from '@jest/globals';
import { ProxyFixture } from '../apps/proxy/src/exchange/testing/proxy-fixture.ts';
import { eventually } from '../apps/proxy/src/listener/testing/running-listener.ts';
import { resource } from '../apps/proxy/src/runtime/testing/resources.ts';
import {
  localCertificate,
  testAuthority,
} from '../apps/proxy/src/upstream/testing/certificates.ts';
import { TestTls } from '../apps/proxy/src/listener/testing/test-tls.ts';
import { Http2Origin, type OriginStream } from '../apps/proxy/src/upstream/testing/http2-origin.ts';
import { RawOrigin } from '../apps/proxy/src/upstream/testing/raw-origin.ts';

interface Answer {
  fields: string[];
  endsWithHead: boolean;
  body: string;
  trailers: IncomingHttpHeaders | undefined;
  interims: number[];
}

/**
 * A response that is only HEADERS with END_STREAM must stay that, or every gRPC error turns into
 * INTERNAL.
 */
describe('a response that ends with its head', () => {
  let origin: { readonly address: string; stop(): void };
  let proxy: ProxyFixture;
  let session: ClientHttp2Session | undefined;
  afterEach(async () => {
    session?.destroy();
    await proxy.stop();
    origin.stop();
  });

  const start = async (
    started: typeof origin,
    protocol: 'http' | 'h2c' | 'h2',
    isEncrypted = false,
  ): Promise<void> => {
    origin = started;
    proxy = await ProxyFixture.start({
      listener: isEncrypted ? { tls: new TestTls([localCertificate]) } : {},
      resources: [
        resource('service', {
          name: 'origin',
          protocol,
          targets: [{ address: origin.address }],
          tls: { caCertificates: testAuthority },
        }),
        resource('route', { name: 'all', paths: ['/*'], service: 'service-origin' }),
      ],
    });
    session = connect(`${isEncrypted ? 'https' : 'http'}://127.0.0.1:${proxy.port}`, {
      ca: testAuthority,
    });
  };
  const behaving = (
    behave: (stream: OriginStream) => void,
    isEncrypted = false,
  ): Promise<Http2Origin> =>
    Http2Origin.start(
      (opened) => opened.stream.on('end', () => behave(opened)),
      isEncrypted ? { certificate: localCertificate } : {},
    );

  const ask = async (fields: OutgoingHttpHeaders = {}): Promise<Answer> => {
    const stream = (session as ClientHttp2Session).request({
      ':method': 'POST',
      ':path': '/p',
      'content-type': 'application/grpc',
      te: 'trailers',
      ...fields,
    });
    const answer: Answer = {
      fields: [],
      endsWithHead: false,
      body: '',
      trailers: undefined,
      interims: [],
    };
    let isOver = false;
    stream.on('headers', (headers) => answer.interims.push(Number(headers[':status'])));
    stream.on('response', (_, flags, raw: string[]) => {
      answer.fields = raw;
      answer.endsWithHead = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0;
    });
    stream.on('trailers', (trailers) => (answer.trailers = trailers));
    stream.on('data', (chunk: Buffer) => (answer.body += chunk.toString()));
    stream.on('error', () => undefined);
    stream.on('close', () => (isOver = true));
    stream.end(fields[':method'] === 'HEAD' ? undefined : 'message');
    await eventually(() => isOver);
    return answer;
  };

  it.each([
    ['plain', 'h2c'],
    ['plain', 'h2'],
    ['TLS', 'h2c'],
    ['TLS', 'h2'],
  ] as const)(
    'reaches a client over %s from an upstream of %s as it is',
    async (front, protocol) => {
      const fields = [
        'content-type',
        'application/grpc',
        'grpc-status',
        '5',
        'grpc-message',
        'not%20here',
      ];
      await start(
        await behaving(
          ({ stream }) => stream.respond([':status', '200', ...fields], { endStream: true }),
          protocol === 'h2',
        ),
        protocol,
        front === 'TLS',
      );
      const answer = await ask();
      expect([answer.endsWithHead, answer.body, answer.trailers]).toEqual([true, '', undefined]);
      expect(answer.fields.slice(0, 8)).toEqual([':status', '200', ...fields]);
      expect(answer.fields).not.toContain('content-length');
    },
  );

  it('keeps a length of 0 that the upstream has announced', async () => {
    await start(
      await behaving(({ stream }) =>
        stream.respond([':status', '200', 'grpc-status', '5', 'content-length', '0'], {
          endStream: true,
        }),
      ),
      'h2c',
    );
    const answer = await ask();
    expect([
      answer.endsWithHead,
      answer.fields[answer.fields.indexOf('content-length') + 1],
    ]).toEqual([true, '0']);
  });

  it('is distinguished from one whose trailers follow at once', async () => {
    await start(
      await behaving(({ stream }) => {
        stream.additionalHeaders({ ':status': 103, link: '</a>' });
        stream.respond([':status', '200', 'content-type', 'application/grpc'], {
          waitForTrailers: true,
        });
        stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '5' }));
        stream.end();
      }),
      'h2c',
    );
    expect(await ask()).toMatchObject({
      endsWithHead: false,
      interims: [103],
      trailers: { 'grpc-status': '5' },
    });
  });

  it.each([
    ['GET', '200', 'text/plain', undefined],
    ['GET', '404', 'application/grpc', undefined],
    ['HEAD', '200', 'text/plain', '5'],
    ['HEAD', '200', 'text/plain', undefined],
    ['GET', '204', 'text/plain', undefined],
    ['GET', '205', 'text/plain', undefined],
    ['GET', '304', 'text/plain', undefined],
  ])(
    '%s with %s of type %s and length %s has the length that the upstream gave it',
    async (method, status, type, length) => {
      const announced = length === undefined ? [] : ['content-length', length];
      await start(
        await behaving(({ stream }) =>
          stream.respond([':status', status, ...announced], { endStream: true }),
        ),
        'h2c',
      );
      const answer = await ask({ ':method': method, 'content-type': type });
      const at = answer.fields.indexOf('content-length');
      expect([
        answer.fields[1],
        answer.endsWithHead,
        at < 0 ? undefined : answer.fields[at + 1],
      ]).toEqual([status, true, length]);
    },
  );

  it('of an HTTP/1.1 upstream ends with its head as well', async () => {
    await start(await RawOrigin.answering('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'), 'http');
    expect(await ask()).toMatchObject({ endsWithHead: true, body: '' });
  });

  it('has a length of 0 for an HTTP/1.1 client, whose connection stays open', async () => {
    await start(
      await Http2Origin.start(({ stream }) =>
        stream.respond([':status', '200'], { endStream: true }),
      ),
      'h2c',
    );
    const client = await proxy.connect();
    for (let round = 0; round < 2; round++) {
      const response = await client.send('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n').readResponse();
      expect([
        response.status,
        response.headers.get('content-length'),
        response.headers.get('transfer-encoding'),
      ]).toEqual([200, '0', undefined]);
    }
    const head = await client.send('HEAD / HTTP/1.1\r\nHost: a.test\r\n\r\n').readResponse('HEAD');
    expect([head.status, head.headers.get('content-length')]).toEqual([200, undefined]);
  });
});
