import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ProxyFixture } from '../exchange/testing/proxy-fixture.ts';
import { RawOrigin } from '../upstream/testing/raw-origin.ts';
import {
  changesOf,
  configSteps,
  gateway,
  keyText,
  paths,
  type Step,
  type Version,
} from './testing/config-script.ts';

/**
 * The expected configuration in service, in its simplest definition; `RuntimeTarget` is compared
 * with it.
 */
class ExpectedService {
  readonly inService = new Map<string, Version>([
    [gateway.id, { resource: gateway, isGood: true }],
  ]);
  /** Newest versions of everything, undefined for what is gone. */
  readonly newest = new Map<string, Version | undefined>(this.inService);
  #pending = new Map<string, Version | undefined>();

  /** @returns whether the step is applied */
  take(step: Step): boolean {
    const changes = new Map<string, Version | undefined>();
    for (const { id } of changesOf(step))
      changes.set(
        id,
        step.versions.find((each) => each.resource.id === id),
      );
    for (const [id, version] of changes) {
      this.#pending.set(id, version);
      this.newest.set(id, version);
    }
    if ([...changes.values()].some((version) => version?.isGood === false)) return false;
    for (const [id, version] of this.#pending) {
      if (version === undefined) this.inService.delete(id);
      else if (version.isGood || this.inService.get(id)?.isGood !== true)
        this.inService.set(id, version);
    }
    this.#pending = new Map([...this.#pending].filter(([, version]) => version?.isGood === false));
    return true;
  }

  get quarantinedIds(): string[] {
    return [...this.#pending.keys()].sort();
  }
}

const requests = [undefined, 'c1', 'c2', 'stranger'].flatMap((caller) =>
  paths.flatMap((path) =>
    (['GET', 'POST'] as const).map(
      (method) =>
        `${method} ${path} HTTP/1.1\r\nHost: a\r\n${caller === undefined ? '' : `X-Api-Key: ${keyText(caller)}\r\n`}\r\n`,
    ),
  ),
);

/** What all requests are answered: status, who answered, and what the policies of groups added. */
async function answersOf(proxy: ProxyFixture): Promise<string[]> {
  const client = await proxy.connect();
  client.send(requests.join(''));
  const answers: string[] = [];
  for (const request of requests) {
    const { status, body, headers } = await client.readResponse();
    const content = status >= 400 ? (JSON.parse(body) as { code: string }).code : body;
    answers.push(
      `${request.split('\r\n', 1)[0] ?? ''}: ${status} ${content} ${headers.get('x-group') ?? ''} ${headers.get('allow') ?? ''}`,
    );
  }
  client.close();
  return answers;
}

describe('any sequence of deltas', () => {
  let origins: RawOrigin[];
  beforeAll(async () => {
    origins = await Promise.all(
      ['first', 'other'].map((name) =>
        RawOrigin.answering(`HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n${name}`),
      ),
    );
  });
  afterAll(() => {
    for (const origin of origins) origin.stop();
  });

  it('has the same result as a snapshot of the configuration in service, broken resources included', async () => {
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(configSteps(origins.map(({ address }) => address)), async (steps) => {
        const expected = new ExpectedService();
        const proxy = await ProxyFixture.start({ resources: [gateway] });
        const fresh = await ProxyFixture.start();
        try {
          for (const [index, step] of steps.entries()) {
            const { applied, quarantined } = proxy.target.applyDelta(index + 2, changesOf(step));
            expect(applied).toBe(expected.take(step));
            if (applied)
              expect([...new Set(quarantined.map(({ id }) => id))].sort()).toEqual(
                expected.quarantinedIds,
              );
          }
          const answers = await answersOf(proxy);
          await fresh.target.applySnapshot(
            99,
            [...expected.inService.values()].map(({ resource }) => resource),
          );
          expect(answers).toEqual(await answersOf(fresh));
          // Whole at last: the newest of everything, on top of which each stays where it was.
          const refused = expected.take({ versions: [], removals: [] });
          expect(refused).toBe(true);
          proxy.target.applyDelta(98, []);
          const settled = await answersOf(proxy);
          await proxy.target.applySnapshot(
            99,
            [...expected.newest.values()].flatMap((version) => version?.resource ?? []),
          );
          expect(await answersOf(proxy)).toEqual(settled);
          for (const answer of settled) seen.add(answer.split(': ')[1] ?? '');
        } finally {
          await proxy.stop();
          await fresh.stop();
        }
      }),
      { numRuns: 60, seed: 20_261, interruptAfterTimeLimit: 100_000 },
    );
    // The scripts are worth something: all of these came up.
    const codes = [...seen].map((answer) => answer.split(' ').slice(0, 2).join(' '));
    expect(codes).toEqual(
      expect.arrayContaining([
        '200 first',
        '200 other',
        '404 route_not_found',
        '405 method_not_allowed',
        '503 resource_quarantined',
        '401 unauthorized',
        '401 invalid_credential',
      ]),
    );
  }, 120_000);
});
