import { connect, type ClientHttp2Session, type OutgoingHttpHeaders } from 'node:http2';
import { afterEach, describe, expect, it } from '@jest/globals';
import { ProxyFixture } from '../exchange/testing/proxy-fixture.ts';
import { eventually } from '../listener/testing/running-listener.ts';
import { resource } from '../runtime/testing/resources.ts';
import { Http2Origin } from '../upstream/testing/http2-origin.ts';

interface Answer {
  readonly fields: string[];
  readonly body: string;
  readonly trailers: string[];
}

describe('trailers from client to upstream and back, over HTTP/2', () => {
  let origin: Http2Origin;
  let proxy: ProxyFixture;
  let session: ClientHttp2Session;
  afterEach(async () => {
    session.destroy();
    await proxy.stop();
    origin.stop();
  });

  /** The upstream answers each complete request with its path and with trailers. */
  const start = async (type: string): Promise<void> => {
    origin = await Http2Origin.start(({ stream, raw }) => {
      stream.on('end', () => {
        stream.respond([':status', '200', 'content-type', type], { waitForTrailers: true });
        stream.on('wantTrailers', () =>
          stream.sendTrailers({ 'grpc-status': '0', 'x-sum': '2', authorization: 'late' }),
        );
        stream.end(String(raw[raw.indexOf(':path') + 1]));
      });
    });
    proxy = await ProxyFixture.start({
      resources: [
        resource('gateway', { name: 'default' }),
        resource('service', {
          name: 'origin',
          protocol: 'h2c',
          targets: [{ address: origin.address }],
        }),
        resource('route', {
          name: 'all',
          paths: ['/*'],
          service: 'service-origin',
          rewrite: { host: 'preserve' },
        }),
      ],
    });
    session = connect(`http://127.0.0.1:${proxy.port}`);
  };

  const send = async (
    path: string,
    type: string,
    trailers: OutgoingHttpHeaders,
  ): Promise<Answer> => {
    const stream = session.request(
      {
        ':method': 'POST',
        ':path': path,
        ':authority': 'a.test',
        'content-type': type,
        te: 'trailers',
      },
      { waitForTrailers: true },
    );
    const answer = { fields: [] as string[], body: '', trailers: [] as string[] };
    let isOver = false;
    stream.on('wantTrailers', () => stream.sendTrailers(trailers));
    stream.on('response', (_headers, _flags, raw) => (answer.fields = raw));
    stream.on('trailers', (_headers, _flags, raw) => (answer.trailers = raw));
    stream.on('data', (chunk: Buffer) => (answer.body += chunk.toString('latin1')));
    stream.on('close', () => (isOver = true));
    stream.end('message');
    await eventually(() => isOver);
    return answer;
  };
  /** The head as the upstream received it, without the parts that differ between runs. */
  const head = (index: number): string[] => {
    const raw = origin.streams[index]?.raw ?? [];
    return raw.map((text, at) =>
      ['X-Request-Id', 'X-Forwarded-Port'].some(
        (name) => raw[at - 1]?.toLowerCase() === name.toLowerCase(),
      )
        ? '<differs>'
        : text,
    );
  };
  const pseudo = (path: string): string[] => [
    ':method',
    'POST',
    ':scheme',
    'http',
    ':authority',
    'a.test',
    ':path',
    path,
  ];
  const ours = [
    'x-forwarded-for',
    '127.0.0.1',
    'x-forwarded-proto',
    'http',
    'x-forwarded-host',
    'a.test',
    'x-forwarded-port',
    '<differs>',
    'via',
    '2 sluice',
    'x-request-id',
    '<differs>',
  ];
  const lower = (raw: readonly string[]): string[] =>
    raw.map((text, at) => (at % 2 === 0 ? text.toLowerCase() : text));

  it.each(['application/grpc', 'application/grpc+proto'])(
    'are kept for %s, both ways',
    async (type) => {
      await start(type);
      const answer = await send('/pkg.Service/Call', type, { 'x-sum': '1', 'x-more': 'a' });
      expect([answer.body, answer.fields.slice(0, 2), answer.trailers.slice(0, 4)]).toEqual([
        '/pkg.Service/Call',
        [':status', '200'],
        ['grpc-status', '0', 'x-sum', '2'],
      ]);
      expect(lower(head(0))).toEqual([
        ...pseudo('/pkg.Service/Call'),
        'content-type',
        type,
        ...ours,
        'te',
        'trailers',
      ]);
      expect(origin.streams[0]).toMatchObject({
        body: 'message',
        complete: true,
        trailers: ['x-sum', '1', 'x-more', 'a'],
      });
      // The trailers of one request do not reach the next one.
      expect(await send('/next', type, { x_alias: 'a' })).toMatchObject({ body: '/next' });
      expect(lower(head(1))).toEqual([
        ...pseudo('/next'),
        'content-type',
        type,
        ...ours,
        'te',
        'trailers',
      ]);
      expect(origin.streams[1]?.trailers).toEqual([]);
    },
  );

  it.each<[string, OutgoingHttpHeaders]>([
    ['credentials', { authorization: 'Bearer x' }],
    ['an identity', { 'x-consumer-id': 'root' }],
    ['an alias of one', { 'x.consumer.id': 'root' }],
    ['a type', { 'x-sum': '1', 'content-type': 'text/html' }],
  ])('with %s abort the request, and the upstream never receives its end', async (_, trailers) => {
    await start('application/grpc');
    const answer = await send('/p', 'application/grpc', trailers);
    expect([answer.fields.slice(0, 2), answer.trailers]).toEqual([[':status', '200'], []]);
    expect(answer.fields[answer.fields.indexOf('grpc-status') + 1]).toBe('3');
    await eventually(() => origin.streams.every(({ stream }) => stream.destroyed));
    for (const stream of origin.streams)
      expect(stream).toMatchObject({ complete: false, trailers: [] });
    expect(await send('/next', 'application/grpc', { 'x-sum': '1' })).toMatchObject({
      body: '/next',
    });
    expect(origin.streams.at(-1)).toMatchObject({ complete: true, trailers: ['x-sum', '1'] });
  });

  it.each(['application/json', 'text/plain', 'x/application/grpc'])(
    'are dropped for %s, both ways',
    async (type) => {
      await start(type);
      const answer = await send('/p', type, { 'x-sum': '1', 'x-consumer-id': 'root' });
      expect([answer.body, answer.fields.slice(0, 2), answer.trailers]).toEqual([
        '/p',
        [':status', '200'],
        [],
      ]);
      expect(lower(head(0))).toEqual([...pseudo('/p'), 'content-type', type, ...ours]);
      expect(origin.streams[0]).toMatchObject({ body: 'message', complete: true, trailers: [] });
      expect((await send('/next', type, {})).body).toBe('/next');
      expect(lower(head(1))).toEqual([...pseudo('/next'), 'content-type', type, ...ours]);
    },
  );
});
