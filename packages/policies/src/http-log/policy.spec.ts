import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { PolicyTester, type TestRequest } from '@sluice/policy-sdk/testing';
import { TestService } from '../../testing/test-service.ts';
import { httpLog } from './policy.ts';

let service: TestService;
beforeEach(async () => {
  service = await TestService.start();
});
afterEach(() => service.stop());

async function recordOf(request: TestRequest): Promise<Record<string, unknown>> {
  const tester = new PolicyTester(httpLog, {
    url: service.url,
    allowPrivateAddresses: true,
    flushMs: 10,
  });
  await tester.send(request);
  for (let waits = 0; waits < 1_000 && service.received.length === 0; waits++) await sleep(10);
  const [record] = JSON.parse(service.received[0]?.body ?? '[]') as Record<string, unknown>[];
  return record ?? {};
}

describe('http-log', () => {
  it('sends a record of each request', async () => {
    const record = await recordOf({
      method: 'POST',
      scheme: 'https',
      host: 'api.test',
      path: '/orders',
      clientAddress: '203.0.113.7',
      consumer: { username: 'acme' },
      headers: { 'User-Agent': 'curl/8' },
      upstream: { status: 201 },
      outcome: { requestBytes: 12, responseBytes: 34, target: '10.0.0.1:80', attempts: 2 },
    });
    expect(record).toMatchObject({
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      requestId: 'test-1',
      gateway: 'default',
      route: 'test',
      service: 'test',
      consumer: 'acme',
      status: 201,
      source: 'upstream',
      method: 'POST',
      scheme: 'https',
      host: 'api.test',
      path: '/orders',
      requestBytes: 12,
      responseBytes: 34,
      target: '10.0.0.1:80',
      attempts: 2,
      clientAddress: '203.0.113.7',
      userAgent: 'curl/8',
    });
    expect(record['durationMs']).toEqual(expect.any(Number));
  });

  it('contains no credential, whatever its form', async () => {
    const planted = 'planted-7f3a';
    const record = await recordOf({
      path: '/orders',
      query: `api_key=${planted}`,
      headers: {
        Authorization: `Bearer ${planted}`,
        Cookie: `session=${planted}`,
        'X-API-Key': planted,
        Referer: `https://app.test/?token=${planted}`,
      },
    });
    expect(record['status']).toBe(200);
    expect(JSON.stringify(record)).not.toContain(planted);
  });
});
