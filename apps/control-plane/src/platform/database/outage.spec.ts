import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTestDatabase } from '@sluice/testkit';
import type { TestDatabase } from '@sluice/testkit';
import { startTcpRelay } from '../../testing/tcp-relay.ts';
import type { TcpRelay } from '../../testing/tcp-relay.ts';
import { startTestControlPlane } from '../../testing/test-control-plane.ts';
import type { TestAnswer, TestControlPlane } from '../../testing/test-control-plane.ts';

describe('during an outage of the database', () => {
  let test: TestDatabase;
  let relay: TcpRelay;
  let api: TestControlPlane;

  beforeAll(async () => {
    test = await createTestDatabase();
    relay = await startTcpRelay(test.url);
    api = await startTestControlPlane({ DATABASE_URL: relay.url });
  });
  afterAll(async () => {
    relay.restore();
    await api.close();
    await relay.close();
    await test.drop();
  });

  const recovered = async (): Promise<TestAnswer> => {
    let answer = await api.get('/v1/services');
    for (let tries = 0; answer.status !== 200 && tries < 30; tries += 1)
      answer = await api.get('/v1/services');
    return answer;
  };

  it('the control plane answers 503 at once, is not ready, and recovers by itself', async () => {
    expect((await api.put('/v1/groups/before', {})).status).toBe(201);
    relay.disconnect();
    const startedAt = performance.now();
    for (const answer of [
      await api.get('/v1/services'),
      await api.put('/v1/groups/during', {}),
      await api.get('/readyz'),
    ]) {
      expect(answer).toMatchObject({ status: 503, body: { code: 'database_unavailable' } });
      expect(answer.headers.get('retry-after')).toBe('1');
    }
    expect((await api.get('/v1/services')).body).toHaveProperty(
      'detail',
      'The database did not answer. Repeat the request.',
    );
    expect((await api.put('/v1/groups/during', {})).body).toHaveProperty(
      'detail',
      expect.stringContaining('Before you repeat this write'),
    );
    expect(performance.now() - startedAt).toBeLessThan(3_000);
    expect((await api.get('/livez')).status).toBe(200);
    relay.restore();
    expect((await recovered()).status).toBe(200);
    expect((await api.get('/readyz')).status).toBe(200);
    expect((await api.get('/v1/groups/before')).status).toBe(200);
    expect((await api.get('/v1/groups/during')).status).toBe(404);
    expect((await api.put('/v1/groups/after', {})).status).toBe(201);
  });

  it('the control plane answers 503 within seconds when the database hangs, and recovers', async () => {
    relay.hang();
    const startedAt = performance.now();
    const answers = await Promise.all([
      api.get('/v1/services'),
      api.put('/v1/groups/hanging', {}),
      api.get('/readyz'),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([503, 503, 503]);
    expect(performance.now() - startedAt).toBeLessThan(9_000);
    relay.disconnect();
    relay.restore();
    expect((await recovered()).status).toBe(200);
    expect((await api.get('/v1/groups/hanging')).status).toBe(404);
  }, 20_000);
});
