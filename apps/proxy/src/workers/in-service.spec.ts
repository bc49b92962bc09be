import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ProxyFixture } from '../exchange/testing/proxy-fixture.ts';
import { changesOf, configSteps, gateway } from '../runtime/testing/config-script.ts';
import { resource } from '../runtime/testing/resources.ts';
import { RawOrigin } from '../upstream/testing/raw-origin.ts';
import { InService, recordOf } from './in-service.ts';
import { RecordStore } from '../config/record-store.ts';
import { readRecords } from '../config/read-records.ts';
import { PackedRecords } from '@sluice/wire';
import type { Resource } from '@sluice/config';

const packed = (resources: readonly Resource[]): RecordStore =>
  new RecordStore(
    PackedRecords.of(resources.map(({ kind, id, spec }) => recordOf(kind, id, spec))),
  );
const resourcesOf = (store: RecordStore): Resource[] => [
  ...readRecords(store.records(), new Map()),
];
const caughtUp = (inService: InService): object => {
  const { snapshot, deltas } = inService.catchUp();
  return { snapshot: resourcesOf(snapshot), deltas };
};

describe('InService', () => {
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

  const start = () => ProxyFixture.start({ resources: [gateway] });
  const answers = async (proxy: ProxyFixture): Promise<string[]> => {
    const client = await proxy.connect();
    const seen: string[] = [];
    for (const path of ['/a', '/a/b', '/c', '/a/b/c']) {
      const { status, body } = await client
        .send(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`)
        .readResponse();
      seen.push(status >= 400 ? `${status} ${(JSON.parse(body) as { code: string }).code}` : body);
    }
    client.close();
    return seen;
  };

  it('brings a new worker to the state of the others after any sequence of revisions', async () => {
    const script = configSteps(origins.map(({ address }) => address));
    await fc.assert(
      fc.asyncProperty(script, fc.nat(12), async (steps, joinsAfter) => {
        const [old, late] = [await start(), await start()];
        try {
          const inService = new InService();
          inService.replace(packed([gateway]), []);
          let isThere = false;
          const join = async (): Promise<void> => {
            const { snapshot, deltas } = inService.catchUp();
            expect((await late.target.applySnapshot(1, resourcesOf(snapshot))).applied).toBe(true);
            for (const changes of deltas) late.target.applyDelta(1, changes);
            isThere = true;
          };
          for (const [index, step] of steps.entries()) {
            if (index === joinsAfter) await join();
            const changes = changesOf(step);
            const outcome = old.target.applyDelta(index + 2, changes);
            if (outcome.applied) inService.change(changes, outcome.quarantined);
            else inService.refuse(changes);
            const byId = (
              one: { id: string; pointer: string },
              other: { id: string; pointer: string },
            ) => (one.id + one.pointer < other.id + other.pointer ? -1 : 1);
            if (isThere) {
              const again = late.target.applyDelta(index + 2, changes);
              expect(again.applied).toBe(outcome.applied);
              expect(again.quarantined.toSorted(byId)).toEqual(outcome.quarantined.toSorted(byId));
            }
          }
          if (!isThere) await join();
          expect(await answers(late)).toEqual(await answers(old));
          const names = (proxy: ProxyFixture) =>
            [...proxy.target.runtime.resources()]
              .map(({ id, spec }) => JSON.stringify([id, spec]))
              .sort();
          expect(names(late)).toEqual(names(old));
        } finally {
          await old.stop();
          await late.stop();
        }
      }),
      { numRuns: 60, seed: 20_262, interruptAfterTimeLimit: 20_000 },
    );
  }, 30_000);

  it('keeps good versions over a snapshot that breaks them, and forgets what the snapshot does not have', () => {
    const inService = new InService();
    const route = (name: string, mark: number) =>
      resource('route', {
        name,
        policies: [{ name: 'static-response', config: { status: 200, content: String(mark) } }],
      });
    const fault = (name: string) => ({
      kind: 'route',
      id: `route-${name}`,
      name,
      pointer: '',
      code: 'unknown_policy',
      reason: '',
    });
    inService.replace(packed([route('a', 1), route('b', 1), route('c', 1)]), [fault('c')]);
    inService.replace(packed([route('a', 2), route('c', 2)]), [fault('a'), fault('c')]);
    expect(caughtUp(inService)).toEqual({
      snapshot: [route('a', 1), route('c', 2)],
      deltas: [[route('a', 2)], []],
    });
    inService.replace(packed([route('a', 3), route('c', 3)]), []);
    expect(caughtUp(inService)).toEqual({ snapshot: [route('a', 3), route('c', 3)], deltas: [] });
  });
});
