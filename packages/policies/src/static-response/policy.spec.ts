import { describe, expect, it } from '@jest/globals';
import { PolicyTester } from '@sluice/policy-sdk/testing';
import { rateLimit } from '../rate-limit/policy.ts';
import { staticResponse } from './policy.ts';

describe('static-response', () => {
  it('answers with the configured response, without the upstream', async () => {
    const { response, forwarded } = await new PolicyTester(
      staticResponse,
      {
        status: 503,
        content: '{"status":"down"}',
        contentType: 'application/json',
        headers: { 'Retry-After': '3600' },
      },
      { service: null },
    ).send();
    expect(forwarded).toBeUndefined();
    expect(response).toMatchObject({
      status: 503,
      origin: 'gateway',
      content: '{"status":"down"}',
    });
    expect(response.headers.entries()).toEqual([
      ['retry-after', '3600'],
      ['content-type', 'application/json'],
    ]);
  });

  it('answers 200 without content by default', async () => {
    const { response } = await new PolicyTester(staticResponse, {}).send();
    expect(response).toMatchObject({ status: 200, content: undefined });
    expect(response.headers.size).toBe(0);
  });

  it('answers last: limits and refusals run before', async () => {
    const tester = new PolicyTester(staticResponse, { content: 'hello' }).with(rateLimit, {
      limit: 1,
      windowSeconds: 60,
    });
    expect((await tester.send()).response.content).toBe('hello');
    expect((await tester.send()).status).toBe(429);
  });

  it.each([
    [{ status: 199 }, '/status'],
    [
      { status: 204, content: 'x' },
      '/content: a response with status 204, 205, 304 has no content',
    ],
    [
      { headers: { 'Content-Type': 'text/html' } },
      '/headers/Content-Type: Content-Type is set by "contentType"',
    ],
    [
      { headers: { 'Content-Length': '3' } },
      '/headers/Content-Length: Content-Length belongs to the connection',
    ],
    [{ headers: { 'X-A': 'b\r\nc' } }, '/headers/X-A: not a header value'],
    [{ contentType: 'text/plain\r\nX: y' }, '/contentType: not a header value'],
  ])('refuses the configuration %j', (config, message) => {
    expect(() => new PolicyTester(staticResponse, config)).toThrow(message);
  });
});
