import { definePolicy, definePolicySchema } from '@sluice/policy-sdk';
import { Tracer, type SpanFacts } from '@sluice/telemetry';
import { z } from 'zod';
import type { Exchange } from '../exchange.ts';
import { ProxyFixture } from './proxy-fixture.ts';
import { expectedPath, resourcesOf, type RandomRoute } from './random-routes.ts';
import { sendAll, takeLog, WitnessOrigin, type WitnessedRequest } from './witness-traffic.ts';

/** All observations of one request. */
interface Seen {
  readonly route: RandomRoute;
  readonly target: string;
  status: number;
  /** By the policy: what the router matched, too. */
  path: string | undefined;
  params: Readonly<Record<string, string>> | undefined;
  /** The request target on the wire to the upstream. */
  upstream: string[];
  log: { readonly path: unknown; readonly upstreamPath: unknown } | undefined;
  /** Paths of the SERVER span and of its CLIENT spans. */
  spans: readonly string[] | undefined;
}

export interface RewriteReport {
  pairs: number;
  served: number;
  /** Number of served requests whose path was rewritten. */
  rewritten: number;
  /** Responses other than 200, by status and code. */
  readonly refused: Map<string, number>;
  readonly disagreements: string[];
}

/**
 * A proxy with random routes, and witnesses of where each request went: a policy, the access log,
 * the spans and the origin. Tests only.
 */
export class RewriteWitnesses {
  readonly #seen = new Map<string, Seen>();
  readonly #routes: readonly RandomRoute[];
  #origin!: WitnessOrigin;
  #proxy!: ProxyFixture;
  #last = 0;

  private constructor(routes: readonly RandomRoute[]) {
    this.#routes = routes;
  }

  static async start(routes: readonly RandomRoute[]): Promise<RewriteWitnesses> {
    const witnesses = new RewriteWitnesses(routes);
    witnesses.#origin = await WitnessOrigin.start(({ id, target }) =>
      witnesses.#seen.get(id)?.upstream.push(target),
    );
    const resources = resourcesOf(routes, witnesses.#origin.address, [{ name: 'witness' }]);
    witnesses.#proxy = await ProxyFixture.start({
      policies: [witnesses.#policy()],
      tracer: new WitnessTracer(witnesses.#seen),
      resources,
    });
    return witnesses;
  }

  /** Sends each target to every route, and compares the witnesses. Adds to the report. */
  async hear(targets: readonly string[], report: RewriteReport): Promise<void> {
    await sendAll(this.#proxy.port, this.#requests(targets), ({ id }, status) => {
      (this.#seen.get(id) as Seen).status = status;
    });
    await takeLog(
      this.#proxy,
      this.#seen.size,
      ({ userAgent, path, upstreamPath, status, code }) => {
        const seen = this.#seen.get(String(userAgent));
        if (seen !== undefined) seen.log = { path, upstreamPath };
        if (status === 200) return;
        const answer = `${String(status)} ${String(code)}`;
        report.refused.set(answer, (report.refused.get(answer) ?? 0) + 1);
      },
    );
    for (const seen of this.#seen.values()) judge(seen, report);
    this.#seen.clear();
  }

  async stop(): Promise<void> {
    await this.#proxy.stop();
    this.#origin.stop();
  }

  *#requests(targets: readonly string[]): IterableIterator<WitnessedRequest> {
    for (const target of targets) {
      for (const route of this.#routes) {
        const id = String(++this.#last);
        this.#seen.set(id, {
          route,
          target,
          status: 0,
          path: undefined,
          params: undefined,
          upstream: [],
          log: undefined,
          spans: undefined,
        });
        yield { id, target, host: route.host };
      }
    }
  }

  #policy() {
    const schema = definePolicySchema({
      name: 'witness',
      summary: 'Writes down what it was given.',
      phases: ['receive'],
      config: z.strictObject({}),
    });
    const receive = (exchange: unknown): undefined => {
      const { userAgent, path, params } = exchange as Exchange;
      const seen = this.#seen.get(userAgent ?? '');
      if (seen !== undefined) Object.assign(seen, { path, params });
    };
    return definePolicy({ schema, compile: () => ({ receive }) });
  }
}

/** Samples every request, and records the paths of its spans instead of sending them. */
class WitnessTracer extends Tracer {
  readonly #seen: ReadonlyMap<string, Seen>;

  constructor(seen: ReadonlyMap<string, Seen>) {
    const nowhere = {
      endpoint: 'http://127.0.0.1:9',
      onExported: () => undefined,
      onDropped: () => undefined,
      warn: () => undefined,
    };
    super({
      serviceName: 'fixture',
      instanceId: 'fixture',
      version: '0',
      ratio: 1,
      export: nowhere,
    });
    this.#seen = seen;
  }

  override record({ path, attempts, userAgent }: SpanFacts): void {
    const seen = this.#seen.get(userAgent ?? '');
    if (seen !== undefined) seen.spans = [path, ...attempts.map((attempt) => attempt.path)];
  }
}

/** Checks the normal form by its definition, independently of the gateway's code. */
function oddity(path: string, keepsEncodedSlashes: boolean): string | undefined {
  if (!path.startsWith('/')) return 'does not begin with a slash';
  if (/[^\x21-\x7e]|["<>^`{|}\\#?]/.test(path))
    return 'holds a byte that the edge would refuse or encode';
  if (/%(?![0-9A-F]{2})/.test(path)) return 'holds an escape that is none, or in small letters';
  if (/%(?:4[1-9A-F]|5[0-9A]|6[1-9A-F]|7[0-9A]|3[0-9]|2[DE]|5F|7E|00)/.test(path))
    return 'holds an escape of a plain character, or NUL';
  if (/\/\//.test(path)) return 'holds an empty segment';
  if (/\/\.\.?(?:[/;]|$)/.test(path)) return 'holds a dot segment';
  if (!/%2F|%5C/.test(path)) return undefined;
  if (!keepsEncodedSlashes) return 'holds an encoded slash, on a route that takes none';
  if (/^\/%(?:2F|5C)/.test(path)) return 'names another host when its slashes are decoded';
  const read = path.replaceAll(/%(?:2F|5C)/g, '/');
  return /\/\.\.?(?:[/;]|$)/.test(read)
    ? 'contains a dot segment when its slashes are decoded'
    : undefined;
}

/** Compares the observations of one request. */
function judge(
  { route, target, status, path, params, upstream, log, spans }: Seen,
  report: RewriteReport,
): void {
  report.pairs++;
  const disagree = (reason: string): void => {
    if (report.disagreements.length < 100)
      report.disagreements.push(`${reason}: ${JSON.stringify({ target, ...route })}`);
  };
  if (status !== 200) {
    if (upstream.length > 0)
      disagree(`refused with ${status}, and yet sent as ${upstream.join(', ')}`);
    return;
  }
  report.served++;
  const [sent = ''] = upstream;
  if (upstream.length !== 1) disagree(`sent ${upstream.length} times`);
  const question = sent.indexOf('?');
  const sentPath = question < 0 ? sent : sent.slice(0, question);
  const asked = target.indexOf('?');
  if ((question < 0 ? '' : sent.slice(question)) !== (asked < 0 ? '' : target.slice(asked)))
    disagree(`the query was sent as ${sent}`);
  const odd = oddity(sentPath, route.keepsEncodedSlashes);
  if (odd !== undefined) disagree(`${sentPath} ${odd}`);
  if (path === undefined) return disagree('served, and seen by no policy');
  const expected = expectedPath(route, path, params);
  if (sentPath !== expected) disagree(`sent ${sentPath}, and not ${expected}`);
  if (log?.path !== path || (log.upstreamPath ?? path) !== sentPath)
    disagree(`the log says ${JSON.stringify(log)}, sent was ${sentPath}`);
  if (spans?.length !== 2 || spans[0] !== path || spans[1] !== sentPath)
    disagree(`the spans say ${JSON.stringify(spans)}, sent was ${sentPath}`);
  if (sentPath !== path) report.rewritten++;
}
