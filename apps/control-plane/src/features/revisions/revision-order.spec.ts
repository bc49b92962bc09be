import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestControlPlane } from '../../testing/test-control-plane.ts';
import type { TestAnswer, TestControlPlane } from '../../testing/test-control-plane.ts';

const writers = 50;
const writesEach = 6;

describe('revisions of many writers', () => {
  let api: TestControlPlane;

  beforeAll(async () => {
    api = await startTestControlPlane();
    await api.post('/v1/services', { name: 'shared', targets: [{ address: '127.0.0.1:9101' }] });
  });
  afterAll(() => api.close());

  /**
   * Some of these succeed, others roll back: taken names, stale tags, and resources that are in use
   * or missing.
   */
  const write = (writer: number, round: number): Promise<TestAnswer> => {
    const own = `w${writer}-${round}`;
    const contested = `c${(writer * 7 + round) % 5}`;
    switch ((writer + round) % 6) {
      case 0:
        return api.post('/v1/groups', { name: own });
      case 1:
        return api.post('/v1/groups', { name: contested });
      case 2:
        return api.delete(`/v1/groups/${contested}`);
      case 3:
        return api.put(`/v1/routes/${own}`, {
          paths: [`/${own}`],
          service: round % 2 === 0 ? 'shared' : 'missing',
        });
      case 4:
        return api.delete('/v1/services/shared');
      default:
        return api.patch('/v1/services/shared', { tags: [own] });
    }
  };

  it('have no gaps, appear in order, and contain exactly the acknowledged writes, even when connections are killed', async () => {
    let running = true;
    const acknowledged: TestAnswer[] = [];
    const statuses = new Set<number>();
    const work = async (writer: number): Promise<void> => {
      for (let round = 0; round < writesEach; round += 1) {
        const answer = await write(writer, round);
        statuses.add(answer.status);
        if (answer.status === 200 || answer.status === 201 || answer.status === 204)
          acknowledged.push(answer);
      }
    };
    const watch = async (): Promise<number> => {
      let observations = 0;
      for (let last = 0; running; observations += 1) {
        const [seen] = await api.sql<{ head: string; newest: string; count: string }>(
          'SELECT (SELECT revision FROM config_head) AS head, max(revision) AS newest, count(*) AS count FROM revision',
        );
        // One statement sees a committed state: all revisions up to the head and none beyond.
        expect(seen).toEqual({ head: seen?.head, newest: seen?.head, count: seen?.head });
        expect(Number(seen?.head)).toBeGreaterThanOrEqual(last);
        last = Number(seen?.head);
        await sleep(2);
      }
      return observations;
    };
    const disturb = async (): Promise<void> => {
      while (running) {
        await sleep(150);
        await api.sql(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'sluice-control-plane' ORDER BY random() LIMIT 2",
        );
      }
    };
    const watching = Promise.all([watch(), disturb()]);
    await Promise.all(Array.from({ length: writers }, (_, writer) => work(writer)));
    running = false;
    const [observations] = await watching;
    expect(observations).toBeGreaterThan(10);
    expect([...statuses]).toEqual(expect.arrayContaining([201, 409, 400]));

    const revisions = (
      await api.sql<{ revision: string }>('SELECT revision FROM revision ORDER BY revision')
    ).map(({ revision }) => Number(revision));
    expect(revisions).toEqual(Array.from({ length: revisions.length }, (_, index) => index + 1));
    const claimed = acknowledged
      .filter(({ status }) => status !== 200)
      .map(({ headers }) => Number(headers.get('sluice-revision')));
    expect(new Set(claimed).size).toBe(claimed.length);
    for (const revision of claimed) expect(revisions).toContain(revision);

    // Applied in order, the changes result in exactly the stored resources.
    const changes = await api.sql<{ id: string; before: object | null; after: object | null }>(
      'SELECT resource_id AS id, before, after FROM change ORDER BY revision, ordinal',
    );
    const replayed = new Map<string, object>();
    for (const { id, before, after } of changes) {
      expect(before).toEqual(replayed.get(id) ?? null);
      if (after === null) replayed.delete(id);
      else replayed.set(id, after);
    }
    const stored = await api.sql<{ id: string; spec: object }>('SELECT id, spec FROM resource');
    expect(replayed).toEqual(new Map(stored.map(({ id, spec }) => [id, spec])));
  });
});
