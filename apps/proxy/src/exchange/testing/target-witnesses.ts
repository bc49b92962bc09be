import { keepEncodedSlash, normalizeTarget } from '@sluice/http1';
import { definePolicy, definePolicySchema, phases } from '@sluice/policy-sdk';
import { z } from 'zod';
import { resource } from '../../runtime/testing/resources.ts';
import type { Exchange } from '../exchange.ts';
import { ProxyFixture } from './proxy-fixture.ts';
import { rawRequest, type NextRandom, type RawRequest } from './raw-request.ts';
import { sendAll, takeLog, WitnessOrigin, type WitnessedRequest } from './witness-traffic.ts';

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

/**
 * A proxy with witnesses that record the host, path and query they received: the router, a policy
 * in each phase (authentication and limits among them), the access log and the origin. Tests only.
 */
export class TargetWitnesses {
  readonly #proxy: ProxyFixture;
  readonly #origin: WitnessOrigin;
  readonly #cases: Map<string, Testimony>;
  #lastCase = 0;

  private constructor(proxy: ProxyFixture, origin: WitnessOrigin, cases: Map<string, Testimony>) {
    this.#proxy = proxy;
    this.#origin = origin;
    this.#cases = cases;
  }

  static async start(): Promise<TargetWitnesses> {
    const cases = new Map<string, Testimony>();
    const origin = await WitnessOrigin.start((request) => testify(cases, request));
    const policies = [{ name: 'witness' }];
    const rewrite = { host: 'preserve' };
    const proxy = await ProxyFixture.start({
      policies: [witnessPolicy(cases)],
      resources: [
        resource('service', {
          name: 'origin',
          targets: [{ address: origin.address }],
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
    await sendAll(this.#proxy.port, this.#requests(count, random), ({ id }, status) => {
      (this.#cases.get(id) as Testimony).status = status;
    });
    await takeLog(this.#proxy, count, ({ userAgent, host, path }) => {
      const testimony = this.#cases.get(String(userAgent));
      const query = testimony?.sightings.get('receive')?.query ?? '';
      // The log has no query: it may hold secrets.
      testimony?.sightings.set('log', { host: String(host), path: String(path), query });
    });
    for (const testimony of this.#cases.values()) judge(testimony, report);
    this.#cases.clear();
  }

  async stop(): Promise<void> {
    await this.#proxy.stop();
    this.#origin.stop();
  }

  *#requests(count: number, random: NextRandom): IterableIterator<WitnessedRequest> {
    for (let made = 0; made < count; made++) {
      const id = String(++this.#lastCase);
      const sent = rawRequest(random);
      this.#cases.set(id, {
        sent,
        status: 0,
        sightings: new Map(),
        route: '',
        captured: undefined,
      });
      yield { id, ...sent };
    }
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

/** Records what the origin received. */
function testify(
  cases: ReadonlyMap<string, Testimony>,
  { id, target, host }: WitnessedRequest,
): void {
  const question = target.indexOf('?');
  cases.get(id)?.sightings.set('upstream', {
    host: host.replace(/:\d+$/, ''),
    path: question < 0 ? target : target.slice(0, question),
    query: question < 0 ? '' : target.slice(question + 1),
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
