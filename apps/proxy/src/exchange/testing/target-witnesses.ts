import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { keepEncodedSlash, normalizeTarget } from '@sluice/http1';
import { definePolicy, definePolicySchema } from '@sluice/policy-sdk';
import { z } from 'zod';
import { resource } from '../../runtime/testing/resources.ts';
import type { Exchange } from '../exchange.ts';
import { ProxyFixture } from './proxy-fixture.ts';
import { rawRequest, type NextRandom, type RawRequest } from './raw-request.ts';

/** The observation of one witness. */
interface Sighting {
  readonly host: string;
  readonly path: string;
  readonly query: string;
}

/** All observations of one request. */
interface Testimony {
  readonly sent: RawRequest;
  status: number;
  readonly sightings: Map<string, Sighting>;
  /** The route that was chosen, and the text the router captured for its pattern. */
  route: string;
  captured: string | undefined;
}

/** A request on which the witnesses disagree. */
export interface Disagreement {
  readonly sent: RawRequest;
  readonly reason: string;
}

export interface IdentityReport {
  cases: number;
  served: number;
  /** Number of served requests with an encoded slash in the path. */
  encodedSlashes: number;
  /** Responses other than 200, by status. */
  readonly refused: Map<number, number>;
  readonly disagreements: Disagreement[];
}

const concurrency = 32;
const phases = [
  'receive',
  'authenticate',
  'authorize',
  'limit',
  'validate',
  'transform',
  'answer',
  'respond',
  'settle',
] as const;

/**
 * A proxy with witnesses that record the host, path and query they received: the router, a policy
 * in each phase (authentication and limits among them), the access log and the origin. Tests only.
 */
export class TargetWitnesses {
  readonly #proxy: ProxyFixture;
  readonly #origin: Server;
  readonly #cases: Map<string, Testimony>;
  #lastCase = 0;

  private constructor(proxy: ProxyFixture, origin: Server, cases: Map<string, Testimony>) {
    this.#proxy = proxy;
    this.#origin = origin;
    this.#cases = cases;
  }

  static async start(): Promise<TargetWitnesses> {
    const cases = new Map<string, Testimony>();
    const origin = createServer((socket) => testify(socket, cases));
    await once(origin.listen(0, '127.0.0.1'), 'listening');
    const policies = [{ name: 'witness' }];
    const rewrite = { host: 'preserve' };
    const proxy = await ProxyFixture.start({
      policies: [witnessPolicy(cases)],
      resources: [
        resource('service', {
          name: 'origin',
          targets: [{ address: `127.0.0.1:${(origin.address() as AddressInfo).port}` }],
        }),
        resource('route', {
          name: 'admin-host',
          hosts: ['admin.test'],
          service: 'service-origin',
          policies,
          rewrite,
        }),
        resource('route', {
          name: 'files',
          paths: ['/files/*', '/file/{name}', '~ ^/re/(?<rest>.*)$'],
          encodedSlashes: 'keep',
          service: 'service-origin',
          policies,
          rewrite,
        }),
        resource('route', {
          name: 'admin',
          paths: ['/admin/*'],
          service: 'service-origin',
          policies,
          rewrite,
        }),
        resource('route', {
          name: 'any',
          paths: ['~ ^(?<whole>/.*)$'],
          service: 'service-origin',
          policies,
          rewrite,
        }),
      ],
    });
    return new TargetWitnesses(proxy, origin, cases);
  }

  /** Sends requests over persistent connections, and compares all witnesses. Adds to the report. */
  async hear(count: number, random: NextRandom, report: IdentityReport): Promise<void> {
    let left = count;
    const worker = async (): Promise<void> => {
      let socket: Socket | undefined;
      while (left > 0) {
        left--;
        const id = String(++this.#lastCase);
        const testimony: Testimony = {
          sent: rawRequest(random),
          status: 0,
          sightings: new Map(),
          route: '',
          captured: undefined,
        };
        this.#cases.set(id, testimony);
        socket ??= await open(this.#proxy.port);
        const { status, isKept } = await ask(socket, id, testimony.sent);
        testimony.status = status;
        if (!isKept) socket.destroy();
        if (socket.destroyed) socket = undefined;
      }
      socket?.destroy();
    };
    await Promise.all(Array.from({ length: concurrency }, worker));
    await this.#readLog(count);
    for (const testimony of this.#cases.values()) judge(testimony, report);
    this.#cases.clear();
  }

  async stop(): Promise<void> {
    await this.#proxy.stop();
    this.#origin.close();
  }

  async #readLog(count: number): Promise<void> {
    const { lines } = this.#proxy;
    const deadline = performance.now() + 5_000;
    while (lines.length < count && performance.now() < deadline)
      await new Promise((resolve) => setTimeout(resolve, 2));
    if (lines.length !== count)
      throw new Error(`${count} requests have ${lines.length} lines in the access log`);
    for (const { userAgent, host, path } of lines) {
      const testimony = this.#cases.get(String(userAgent));
      const query = testimony?.sightings.get('receive')?.query ?? '';
      // The log has no query: it may hold secrets.
      if (testimony !== undefined)
        testimony.sightings.set('log', { host: String(host), path: String(path), query });
    }
    lines.length = 0;
  }
}

function witnessPolicy(cases: ReadonlyMap<string, Testimony>) {
  const schema = definePolicySchema({
    name: 'witness',
    summary: 'Writes down what it was given.',
    phases,
    config: z.strictObject({}),
  });
  const note = (phase: string, exchange: Exchange): undefined => {
    const testimony = cases.get(exchange.userAgent ?? '');
    testimony?.sightings.set(phase, {
      host: exchange.host,
      path: exchange.path,
      query: exchange.query,
    });
    if (testimony === undefined || phase !== 'receive') return;
    testimony.route = exchange.route.name;
    testimony.captured = exchange.params?.['whole'];
  };
  return definePolicy({
    schema,
    compile: () =>
      Object.fromEntries(
        phases.map((phase) => [phase, (exchange: unknown) => note(phase, exchange as Exchange)]),
      ),
  });
}

/** The origin: records the request line and Host of each request, and answers. */
function testify(socket: Socket, cases: ReadonlyMap<string, Testimony>): void {
  let text = '';
  socket.on('error', () => undefined);
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
    for (let end = text.indexOf('\r\n\r\n'); end >= 0; end = text.indexOf('\r\n\r\n')) {
      const head = text.slice(0, end);
      text = text.slice(end + 4);
      const target = head.slice(4, head.indexOf(' HTTP/1.1\r\n'));
      const question = target.indexOf('?');
      const host = /^host: (.*)$/im.exec(head)?.[1] ?? '';
      cases.get(/^user-agent: (.*)$/im.exec(head)?.[1] ?? '')?.sightings.set('upstream', {
        host: host.replace(/:\d+$/, ''),
        path: question < 0 ? target : target.slice(0, question),
        query: question < 0 ? '' : target.slice(question + 1),
      });
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    }
  });
}

/** Opens a connection that ignores errors: `ask` reports its end. Tests only. */
export async function open(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/**
 * Sends one request and waits for the whole response; status 0 when the connection ends before.
 * Tests only.
 */
export function ask(
  socket: Socket,
  id: string,
  { target, host }: RawRequest,
): Promise<{ status: number; isKept: boolean }> {
  return new Promise((resolve) => {
    let text = '';
    const done = (status: number, isKept: boolean): void => {
      socket.off('data', take);
      socket.off('close', closed);
      resolve({ status, isKept });
    };
    const take = (chunk: Buffer): void => {
      text += chunk.toString('latin1');
      const end = text.indexOf('\r\n\r\n');
      if (end < 0) return;
      const head = text.slice(0, end);
      const length = Number(/^content-length: (\d+)$/im.exec(head)?.[1] ?? 0);
      if (text.length < end + 4 + length) return;
      done(Number(head.slice(9, 12)), !/^connection: close$/im.test(head));
    };
    const closed = (): void => done(0, false);
    socket.on('data', take);
    socket.on('close', closed);
    socket.write(`GET ${target} HTTP/1.1\r\nUser-Agent: ${id}\r\nHost: ${host}\r\n\r\n`, 'latin1');
  });
}

/** The route that the requests of this host and path are for. */
function routeOf({ host, path }: Sighting): string {
  if (host === 'admin.test') return 'admin-host';
  if (/^\/admin(?:\/|$)/.test(path)) return 'admin';
  return /^\/files(?:\/|$)|^\/file\/[^/]+$|^\/re\//.test(path) ? 'files' : 'any';
}

/** Compares the observations of one request. */
function judge(
  { sent, status, sightings, route, captured }: Testimony,
  report: IdentityReport,
): void {
  report.cases++;
  const disagree = (reason: string): void => {
    if (report.disagreements.length < 100) report.disagreements.push({ sent, reason });
  };
  if (status !== 200) {
    report.refused.set(status, (report.refused.get(status) ?? 0) + 1);
    if (status === 0) disagree('no response');
    // No witness sees a request that the edge refuses.
    for (const room of sightings.keys())
      if (room !== 'log') disagree(`refused with ${status}, and yet seen by ${room}`);
    return;
  }
  report.served++;
  const first = sightings.get('receive');
  if (first === undefined) return disagree('served, and seen by no policy');
  for (const room of [...phases, 'log', 'upstream']) {
    const seen = sightings.get(room);
    if (seen?.host !== first.host || seen.path !== first.path || seen.query !== first.query)
      disagree(`${room} saw ${JSON.stringify(seen)}, receive ${JSON.stringify(first)}`);
  }
  const expected = routeOf(first);
  const hasEncodedSlash = /%2F|%5C/.test(first.path);
  if (hasEncodedSlash) report.encodedSlashes++;
  if (hasEncodedSlash && route !== 'files')
    disagree(
      `${JSON.stringify(first.path)} was served by ${route}, which does not take encoded slashes`,
    );
  // Decoding an encoded slash must not lead to the path of another route.
  for (const separators of [/%2F/g, /%2F|%5C/g]) {
    const read = first.path.replace(separators, '/').replace(/\/{2,}/g, '/');
    const other = routeOf({ ...first, path: read });
    if (hasEncodedSlash && other !== expected)
      disagree(
        `${JSON.stringify(first.path)} may be read as ${JSON.stringify(read)}, which is for ${other}`,
      );
    if (/\/\.\.?(?:\/|$)/.test(read))
      disagree(`${JSON.stringify(first.path)} may be read with a dot segment`);
  }
  if (route !== expected)
    disagree(`the route is ${route}, by what was seen it should be ${expected}`);
  if (route === 'any' && captured !== first.path)
    disagree(
      `the router matched ${JSON.stringify(captured)}, policies saw ${JSON.stringify(first.path)}`,
    );
  const again = normalizeTarget(first.path, hasEncodedSlash ? keepEncodedSlash : {});
  if (!('path' in again) || again.path !== first.path)
    disagree(`${JSON.stringify(first.path)} is not normal`);
  if (/\/\/|\/\.\.?(?:\/|$)|[^\x21-\x7e]|%(?:2[eEf]|5c|00)/.test(first.path))
    disagree(`${JSON.stringify(first.path)} could be read in another way`);
}
