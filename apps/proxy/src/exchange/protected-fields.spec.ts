import { connect } from 'node:http2';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { definePolicy, definePolicySchema } from '@sluice/policy-sdk';
import { HeaderName } from '@sluice/schema';
import { z } from 'zod';
import { readAnswer, type Http2Answer } from '../listener/testing/http2-fixture.ts';
import { resource } from '../runtime/testing/resources.ts';
import { Http2Origin } from '../upstream/testing/http2-origin.ts';
import { RawOrigin } from '../upstream/testing/raw-origin.ts';
import { ProxyFixture } from './testing/proxy-fixture.ts';

/** Tells upstreams who calls, in the fields of its configuration, when it knows. */
const telling = definePolicy({
  schema: definePolicySchema({
    name: 'telling',
    summary: 'Sets fields for the upstream.',
    phases: ['receive', 'authorize'],
    config: z.strictObject({
      fields: z.array(HeaderName),
      reads: z.array(HeaderName).default([]),
      value: z.string().optional(),
    }),
  }),
  compile: ({ fields, reads, value }) => ({
    upstreamFields: fields,
    readFields: reads,
    receive(exchange) {
      seen.push(exchange.headers.names());
      for (const name of reads) exchange.headers.remove(name);
      return undefined;
    },
    authorize({ headers }) {
      if (value !== undefined) for (const name of fields) headers.set(name, value);
      return undefined;
    },
  }),
});

let seen: string[][];
let origin: RawOrigin;
let proxy: ProxyFixture;

beforeEach(async () => {
  seen = [];
  origin = await RawOrigin.answering('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
});
afterEach(async () => {
  await proxy.stop();
  origin.stop();
});

type Config = Record<string, unknown>;

const attached = (config: Config, mode: 'enforce' | 'shadow' = 'enforce') => ({
  name: 'telling',
  config,
  mode,
});
const route = (name: string, ...policies: ReturnType<typeof attached>[]) =>
  resource('route', { name, paths: [`/${name}`], service: 'service-orders', policies });

async function start(...resources: readonly ReturnType<typeof resource>[]): Promise<void> {
  proxy = await ProxyFixture.start({
    policies: [telling],
    resources: [
      resource('service', { name: 'orders', targets: [{ address: origin.address }] }),
      ...resources,
    ],
  });
}

/** The field lines that the upstream received last, names in lower case. */
const received = (): string[] =>
  (origin.connections.at(-1)?.received.split('\r\n\r\n').at(-2) ?? '')
    .split('\r\n')
    .slice(1)
    .map((line) => line.replace(/^[^:]*/, (name) => name.toLowerCase()))
    .filter((line) => !/^(?:host|via|x-forwarded-|x-request-id)/.test(line));

/** Sends the same fields over HTTP/2. */
async function overHttp2(path: string, fields: Record<string, string>): Promise<Http2Answer> {
  const session = connect(`http://127.0.0.1:${proxy.port}`);
  const answer = await readAnswer(
    session.request({ ':path': path, ':authority': 'api.test', ...fields }),
  );
  session.destroy();
  return answer;
}

describe('fields that a policy may set for the upstream', () => {
  const forged = ['X-User', 'x-user', 'X-USER', 'X.User', 'x.USER', 'x_user', 'X_User'];

  it.each(forged)('never arrive from a client as %s, on any route', async (name) => {
    await start(route('known', attached({ fields: ['X-User'] })), route('other'));
    for (const path of ['/known', '/other']) {
      expect((await proxy.get(path, `${name}: root`, `${name}: admin`, 'X-Kept: 1')).status).toBe(
        200,
      );
      expect(received()).toEqual(['x-kept: 1']);
      const answer = await overHttp2(path, { [name.toLowerCase()]: 'root', 'x-kept': '2' });
      expect(answer.status).toBe(200);
      expect(received()).toEqual(['x-kept: 2']);
    }
    for (const names of seen) expect(names).toEqual(['host', 'x-kept']);
  });

  it('are matched whatever spelling the policy uses, and no other name is', async () => {
    await start(route('known', attached({ fields: ['x_USER.name', 'X.Org'] })), route('other'));
    const kept = ['x-user: 1', 'x-user-name-2: 1', 'xusername: 1', 'x-organ: 1', 'x--org: 1'];
    await proxy.get('/other', 'X-User-Name: a', 'x.user.NAME: b', 'x-org: c', ...kept);
    expect(received()).toEqual(kept);
  });

  it('are those of all policies of the gateway, its services and routes', async () => {
    await start(
      resource('gateway', { name: 'default', policies: [attached({ fields: ['X-G'] })] }),
      resource('service', {
        name: 'idle',
        targets: [{ address: origin.address }],
        policies: [attached({ fields: ['X-S'] })],
      }),
      route('known', attached({ fields: ['X-R'] })),
      route('other'),
    );
    await proxy.get('/other', 'X-G: 1', 'X-S: 1', 'X-R: 1', 'X-None: 1');
    expect(received()).toEqual(['x-none: 1']);
  });

  it('cannot be removed by a client that names them in Connection', async () => {
    await start(route('known', attached({ fields: ['X-User', 'Authorization'], value: 'jane' })));
    const named = 'Connection: x-user, X.User, X_User, authorization, x-own';
    await proxy.get('/known', named, 'X-Own: 1', 'X-User: root');
    expect(received()).toEqual(['x-user: jane', 'authorization: jane']);
  });

  it('cannot choose the route', async () => {
    await start(
      route('known', attached({ fields: ['X-User'] })),
      resource('route', {
        name: 'roots',
        paths: ['/known'],
        headers: { 'X-User': 'root' },
        service: 'service-orders',
      }),
    );
    await proxy.get('/known', 'X-User: root');
    expect((await proxy.line(0))['route']).toBe('known');
  });

  it('are not removed for a policy in shadow mode, which sets nothing', async () => {
    await start(route('known', attached({ fields: ['X-User'], value: 'jane' }, 'shadow')));
    await proxy.get('/known', 'X-User: root');
    expect(received()).toEqual(['x-user: root']);
  });

  it('are removed as long as a policy has them', async () => {
    const other = route('other');
    await start(route('one', attached({ fields: ['X-User'] })), other);
    proxy.change(
      route('one', attached({ fields: ['X-Person'] })),
      route('two', attached({ fields: ['X-User'] })),
    );
    await proxy.get('/other', 'X-User: 1', 'X-Person: 1');
    expect(received()).toEqual([]);
    proxy.change({ kind: 'route', id: 'route-two', spec: undefined });
    await proxy.get('/other', 'X-User: 1', 'X-Person: 1');
    expect(received()).toEqual(['x-user: 1']);
    await proxy.apply([
      resource('service', { name: 'orders', targets: [{ address: origin.address }] }),
      other,
    ]);
    await proxy.get('/other', 'X-User: 1', 'X-Person: 1');
    expect(received()).toEqual(['x-user: 1', 'x-person: 1']);
  });

  it('are left where a policy reads them, in the exact spelling, and removed elsewhere', async () => {
    await start(
      route('known', attached({ fields: ['X-User'], reads: ['X-User'] })),
      route('other'),
    );
    await proxy.get('/known', 'x-User: token', 'X.User: root');
    expect(seen).toEqual([['host', 'x-user']]);
    expect(received()).toEqual([]);
    await proxy.get('/other', 'X-User: token', 'X.User: root');
    expect(received()).toEqual([]);
  });

  it('do not include the fields that clients need otherwise', async () => {
    await start(
      route('known', attached({ fields: ['Authorization', 'Cookie', 'Accept'], value: 'own' })),
      route('other'),
    );
    const fields = ['authorization: Basic eDp5', 'cookie: a=1', 'accept: */*'];
    await proxy.get('/other', ...fields);
    expect(received()).toEqual(fields);
    await proxy.get('/known', ...fields);
    expect(received()).toEqual(['authorization: own', 'cookie: own', 'accept: own']);
  });

  it('a policy with a name that is none is refused', async () => {
    await start(route('other'));
    const broken = definePolicy({ ...telling, compile: () => ({ upstreamFields: ['X User'] }) });
    await proxy.stop();
    await expect(
      ProxyFixture.start({
        policies: [broken],
        resources: [route('known', attached({ fields: [] }))],
      }),
    ).rejects.toThrow('which is no field name');
    await start(route('other'));
  });
});

describe('trailers of a gRPC call', () => {
  let grpc: Http2Origin;
  afterEach(() => grpc.stop());

  const serve = async (): Promise<void> => {
    grpc = await Http2Origin.start(({ stream }) => {
      stream.on('end', () => {
        stream.respond([':status', '200', 'content-type', 'application/grpc'], {
          waitForTrailers: true,
        });
        stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
        stream.end();
      });
    });
    await start(
      route('known', attached({ fields: ['X-User'], value: 'jane' })),
      resource('service', { name: 'grpc', protocol: 'h2c', targets: [{ address: grpc.address }] }),
      resource('route', { name: 'calls', paths: ['/call'], service: 'service-grpc' }),
    );
  };

  it('carry no field that a policy may set, from a client of HTTP/2', async () => {
    await serve();
    const session = connect(`http://127.0.0.1:${proxy.port}`);
    const stream = session.request(
      {
        ':method': 'POST',
        ':path': '/call',
        ':authority': 'api.test',
        'content-type': 'application/grpc',
        te: 'trailers',
      },
      { waitForTrailers: true },
    );
    stream.on('wantTrailers', () =>
      stream.sendTrailers({ 'x-user': 'root', 'x.user': 'root', x_user: 'root', 'x-sum': '2' }),
    );
    const answer = readAnswer(stream);
    stream.end('message');
    expect((await answer).status).toBe(200);
    session.destroy();
    expect(grpc.streams[0]?.trailers).toEqual(['x-sum', '2']);
  });

  it('carry none from a client of HTTP/1.1 either', async () => {
    await serve();
    const { status } = await proxy.send(
      'POST /call HTTP/1.1\r\nHost: a\r\nContent-Type: application/grpc\r\nTE: trailers\r\nTransfer-Encoding: chunked\r\n\r\n' +
        '3\r\nabc\r\n0\r\nX-User: root\r\nX.User: root\r\nx_user: root\r\nX-Sum: 2\r\n\r\n',
      'POST',
    );
    expect(status).toBe(200);
    expect(grpc.streams[0]?.trailers).not.toContain('root');
    expect(grpc.streams[0]?.complete).toBe(true);
  });
});
