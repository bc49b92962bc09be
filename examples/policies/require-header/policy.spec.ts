import { describe, expect, it } from '@jest/globals';
import { PolicyTester } from '@sluice/policy-sdk/testing';
import { policy } from './policy.ts';

describe('require-header', () => {
  it('lets a request pass that carries the header', async () => {
    const tester = new PolicyTester(policy, { header: 'X-Tenant' });
    const answer = await tester.send({ headers: { 'x-tenant': 'acme' } });
    expect(answer.status).toBe(200);
    expect(answer.forwarded?.headers.get('x-tenant')).toBe('acme');
  });

  it('refuses a request without it, and says what to do', async () => {
    const tester = new PolicyTester(policy, { header: 'X-Tenant' });
    const answer = await tester.send({ path: '/orders' });
    expect(answer).toMatchObject({
      status: 403,
      forwarded: undefined,
      reply: { code: 'forbidden', detail: 'Send the header X-Tenant.' },
    });
  });

  it('refuses a value that is not allowed', async () => {
    const tester = new PolicyTester(policy, { header: 'X-Tenant', values: ['acme', 'initech'] });
    expect((await tester.send({ headers: { 'X-Tenant': 'initech' } })).status).toBe(200);
    expect((await tester.send({ headers: { 'X-Tenant': 'hooli' } })).status).toBe(403);
  });

  it('refuses a configuration that names no header', () => {
    expect(() => new PolicyTester(policy, { header: 'not a header' })).toThrow(
      '/header: not a header name',
    );
  });
});
