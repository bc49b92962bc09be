import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { definePolicy, definePolicySchema, type PolicyHost } from '@sluice/policy-sdk';
import { PolicyTester } from '@sluice/policy-sdk/testing';
import { z } from 'zod';
import { TestService } from '../../testing/test-service.ts';
import { BatchSender, type BatchSettings } from './batch-sender.ts';

let service: TestService;
let tester: PolicyTester;
let sender: BatchSender;

beforeEach(async () => {
  service = await TestService.start();
});
afterEach(async () => {
  service.handler = (_request, response) => response.end();
  await sender.close();
  await service.stop();
});

function start(settings: Partial<BatchSettings> = {}): BatchSender {
  const schema = definePolicySchema({
    name: 'http-log',
    summary: 'Holds a host.',
    phases: ['settle'],
    config: z.strictObject({}),
  });
  let host: PolicyHost | undefined;
  const probe = definePolicy({
    schema,
    compile(_config, given) {
      host = given;
      return {};
    },
  });
  tester = new PolicyTester(probe, {});
  sender = new BatchSender(
    {
      url: service.url,
      headers: { Authorization: 'Bearer s' },
      format: 'json',
      batchSize: 3,
      flushMs: 20,
      queueSize: 100,
      queueBytes: 65_536,
      timeoutMs: 2_000,
      attempts: 3,
      allowPrivateAddresses: true,
      ...settings,
    },
    host as PolicyHost,
  );
  return sender;
}

const add = (count: number, from = 0): void => {
  for (let index = from; index < from + count; index++) sender.add(`{"n":${index}}`);
};
const counted = (result: string): number =>
  tester.metrics.value('sluice_policy_http_log_records_total', result);
const bodies = (): unknown[] => service.received.map(({ body }) => JSON.parse(body) as unknown);

async function until(condition: () => boolean): Promise<void> {
  for (let waits = 0; waits < 1_000 && !condition(); waits++) await sleep(10);
  expect(condition()).toBe(true);
}

describe('BatchSender', () => {
  it('sends a batch when it is full, and the rest after its time', async () => {
    start();
    add(4);
    await until(() => counted('sent') === 4);
    expect(bodies()).toEqual([[{ n: 0 }, { n: 1 }, { n: 2 }], [{ n: 3 }]]);
    const [first] = service.received;
    expect(first && TestService.values(first, 'content-type')).toEqual(['application/json']);
    expect(first && TestService.values(first, 'authorization')).toEqual(['Bearer s']);
    expect(first?.method).toBe('POST');
  });

  it('writes one record per line as ndjson', async () => {
    start({ format: 'ndjson' });
    add(2);
    await until(() => counted('sent') === 2);
    expect(service.received[0]?.body).toBe('{"n":0}\n{"n":1}\n');
    const [first] = service.received;
    expect(first && TestService.values(first, 'content-type')).toEqual(['application/x-ndjson']);
  });

  it('repeats a batch that failed, then goes on in order', async () => {
    start();
    let calls = 0;
    service.handler = (_request, response) => response.writeHead(++calls === 1 ? 503 : 204).end();
    add(3);
    await until(() => service.received.length === 1);
    add(2, 3);
    await until(() => counted('sent') === 5);
    expect(bodies()).toEqual([
      [{ n: 0 }, { n: 1 }, { n: 2 }],
      [{ n: 0 }, { n: 1 }, { n: 2 }],
      [{ n: 3 }, { n: 4 }],
    ]);
  });

  it.each([400, 401, 413, 302])(
    'drops a batch that is answered with %d, at once',
    async (status) => {
      start();
      service.handler = (_request, response) => response.writeHead(status, { Location: '/' }).end();
      add(3);
      await until(() => counted('refused') === 3);
      expect(service.received).toHaveLength(1);
      expect(tester.log).toMatchObject([{ level: 'warn', facts: { records: 3 } }]);
    },
  );

  it.each([
    [200, 'sent', 1],
    [400, 'refused', 1],
    [503, 'failed', 2],
  ])(
    'lets the status %d decide when the content is too large: %s',
    async (status, result, calls) => {
      start({ attempts: 2 });
      service.handler = (_request, response) => response.writeHead(status).end('x'.repeat(100_000));
      add(3);
      await until(() => counted(result) === 3);
      expect(service.received).toHaveLength(calls);
    },
  );

  it('drops a batch after its attempts, and logs it once', async () => {
    start({ attempts: 2 });
    service.handler = (_request, response) => response.writeHead(500).end();
    add(3);
    await until(() => counted('failed') === 3);
    expect(service.received).toHaveLength(2);
    add(3);
    await until(() => counted('failed') === 6);
    expect(tester.log).toHaveLength(1);
    expect(JSON.stringify(tester.log)).not.toContain('Bearer');
  });

  it('bounds the queue by number and bytes while the endpoint hangs', async () => {
    start({ queueSize: 10, timeoutMs: 60_000 });
    let finish = (): void => undefined;
    service.handler = (_request, response) => {
      finish = () => response.end();
    };
    add(3);
    await until(() => service.received.length === 1);
    add(20, 3);
    expect(counted('queue_full')).toBe(10);
    sender.add(`{"text":"${'x'.repeat(70_000)}"}`);
    expect(counted('queue_full')).toBe(11);
    service.handler = (_request, response) => response.end();
    finish();
    await until(() => counted('sent') === 13);
  });

  it('sends what waits when it is closed, and counts what comes later', async () => {
    start({ batchSize: 1_000, flushMs: 60_000 });
    add(5);
    await sender.close();
    expect(counted('sent')).toBe(5);
    add(2);
    expect(counted('closed')).toBe(2);
    expect(service.received).toHaveLength(1);
  });

  it('waits for no back-off and not longer than five seconds when it is closed', async () => {
    start({ timeoutMs: 60_000, attempts: 20 });
    service.handler = () => undefined;
    add(7);
    await until(() => service.received.length === 1);
    const startedAtMs = performance.now();
    await sender.close();
    expect(performance.now() - startedAtMs).toBeLessThan(9_000);
    expect(counted('closed')).toBe(7);
  }, 20_000);
});
