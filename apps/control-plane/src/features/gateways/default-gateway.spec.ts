import { describe, expect, it } from '@jest/globals';
import { startTestControlPlane } from '../../testing/test-control-plane.ts';

describe('the gateway "default"', () => {
  it('is created at the first start, and is not created again after a deletion', async () => {
    const first = await startTestControlPlane();
    const env = { DATABASE_URL: first.databaseUrl };
    const replicas = await Promise.all([startTestControlPlane(env), startTestControlPlane(env)]);
    try {
      for (const api of [first, ...replicas])
        expect((await api.get('/v1/gateways')).body.data).toMatchObject([{ name: 'default' }]);
      expect((await first.get('/v1/revisions')).body.data).toHaveLength(1);
      expect((await replicas[0]?.delete('/v1/gateways/default'))?.status).toBe(204);
      const later = await startTestControlPlane(env);
      expect((await later.get('/v1/gateways')).body.data).toEqual([]);
      await later.close();
    } finally {
      for (const api of [...replicas, first]) await api.close();
    }
  });

  it('is created once when several replicas start with an empty database', async () => {
    const database = await startTestControlPlane();
    await database.sql('DROP SCHEMA public CASCADE');
    await database.sql('CREATE SCHEMA public');
    const env = { DATABASE_URL: database.databaseUrl };
    const replicas = await Promise.all(Array.from({ length: 3 }, () => startTestControlPlane(env)));
    try {
      for (const api of replicas)
        expect((await api.get('/v1/revisions')).body.data).toHaveLength(1);
    } finally {
      for (const api of [...replicas, database]) await api.close();
    }
  });
});
