import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { registerService } from '../harness/configure.ts';
import { Load } from '../harness/load.ts';
import { Origin } from '../harness/origin.ts';
import { Stack } from '../harness/stack.ts';

describe('SIGTERM to a proxy', () => {
  const started = new AsyncDisposableStack();
  let stack: Stack;
  let origin: Origin;

  beforeAll(async () => {
    origin = started.use(
      await Origin.start('slow', (request, response) => {
        request.resume();
        setTimeout(
          () => response.end('done'),
          request.url?.startsWith('/slow/long') === true ? 1500 : 5,
        );
      }),
    );
    stack = started.use(await Stack.start({ proxies: 2 }));
    await registerService(stack.admin, 'slow', [origin.address]);
  }, 60_000);
  afterAll(() => started.disposeAsync());

  it('under load fails no request: requests in progress finish, and the process ends by itself', async () => {
    const [leaving, staying] = stack.proxies;
    if (leaving === undefined || staying === undefined) throw new Error('two proxies were started');
    let open = [leaving.url, staying.url];
    let turn = 0;
    const load = new Load({
      // As a load balancer does: a node that is not ready gets no new connections.
      url: () => `${open[turn++ % open.length] ?? staying.url}/slow/short`,
      connections: 8,
      retriesRefusedConnections: true,
    });
    await sleep(500);
    const long = fetch(`${leaving.url}/slow/long`);
    await sleep(100);
    const ended = leaving.process.end('SIGTERM');
    open = [staying.url];
    expect((await long).status).toBe(200);
    expect(await (await long).text()).toBe('done');
    expect(await ended).toBe(0);
    const report = await load.stop();
    expect(report.faults).toEqual(new Map());
    expect([...report.statuses.keys()]).toEqual([200]);
  }, 60_000);
});
