import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { applied, registerService } from '../harness/configure.ts';
import { Load } from '../harness/load.ts';
import { Origin } from '../harness/origin.ts';
import { Stack } from '../harness/stack.ts';

describe('a write with ?wait=applied', () => {
  const started = new AsyncDisposableStack();
  let stack: Stack;
  let origin: Origin;

  beforeAll(async () => {
    origin = started.use(await Origin.start('orders'));
    stack = started.use(await Stack.start({ controlPlanes: 2, proxies: 2 }));
    await registerService(stack.admin, 'steady', [origin.address]);
    await stack.admin.routes.create(
      {
        name: 'flag',
        paths: ['/flag'],
        policies: [{ name: 'static-response', config: { status: 200, content: '0' } }],
      },
      applied,
    );
  }, 60_000);
  afterAll(() => started.disposeAsync());

  it('is enforced by both proxies on the very next request, 1,000 times, under load, through either control plane', async () => {
    const load = new Load({
      url: () => `${stack.proxies[Math.random() < 0.5 ? 0 : 1]?.url ?? ''}/steady/x`,
      connections: 2,
    });
    let exceptions = 0;
    for (let round = 1; round <= 1000; round++) {
      const admin = stack.controlPlanes[round % 2]?.admin ?? stack.admin;
      const answer = await admin.request('PATCH', '/v1/routes/flag?wait=applied&timeout=10s', {
        content: {
          policies: [{ name: 'static-response', config: { status: 200, content: String(round) } }],
        },
      });
      expect(answer.status).toBe(200);
      expect(answer.body['nodes']).toHaveLength(2);
      const seen = await Promise.all(
        stack.proxies.map(async ({ url }) => (await fetch(`${url}/flag`)).text()),
      );
      if (seen.some((text) => text !== String(round))) exceptions++;
    }
    const report = await load.stop();
    expect(exceptions).toBe(0);
    expect([...report.statuses.keys()]).toEqual([200]);
    expect(report.faults.size).toBe(0);
    expect(report.total).toBeGreaterThan(1000);
  }, 180_000);

  it('answers 202 and names the node that has not answered', async () => {
    const [, second] = stack.proxies;
    if (second === undefined) throw new Error('two proxies were started');
    process.kill(second.process.pid, 'SIGSTOP');
    try {
      const answer = await stack.admin.request(
        'PATCH',
        '/v1/routes/flag?wait=applied&timeout=500ms',
        { content: { tags: ['late'] } },
      );
      expect(answer.status).toBe(202);
      expect(answer.body['nodes']).toEqual(
        expect.arrayContaining([expect.objectContaining({ id: 'proxy-2', outcome: 'pending' })]),
      );
    } finally {
      process.kill(second.process.pid, 'SIGCONT');
    }
    const { revision } = await stack.admin.routes.patch('flag', { tags: ['caught-up'] }, applied);
    expect(await stack.admin.revisionStatus(revision)).toMatchObject({ status: 'applied' });
  });
});
