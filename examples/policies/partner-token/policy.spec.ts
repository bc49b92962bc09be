import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { PolicyTester } from '@sluice/policy-sdk/testing';
import { policy } from './policy.ts';

const sha256 = createHash('sha256').update('the-token-of-acme').digest('hex');
const tester = () => new PolicyTester(policy, { partners: [{ name: 'acme', sha256 }] });
const bearer = (token: string) => ({ headers: { Authorization: `Bearer ${token}` } });

describe('partner-token', () => {
  it('recognises a partner, and tells the upstream its name instead of its token', async () => {
    const { status, forwarded } = await tester().send(bearer('the-token-of-acme'));
    expect(status).toBe(200);
    expect(forwarded?.headers.entries()).toEqual([['x-partner', 'acme']]);
  });

  it.each(['X-Partner', 'x.partner', 'X_PARTNER'])('forwards no %s of a client', async (field) => {
    const { headers } = bearer('the-token-of-acme');
    const { forwarded } = await tester().send({ headers: { ...headers, [field]: 'another' } });
    expect(forwarded?.headers.entries()).toEqual([['x-partner', 'acme']]);
  });

  it('refuses a token that it does not know, with a code of its own', async () => {
    const { status, reply } = await tester().send(bearer('another-token'));
    expect(status).toBe(401);
    expect(reply?.code).toBe('partner_token_unknown');
  });

  it('refuses a request without a credential, and says what to send', async () => {
    const { status, reply, response } = await tester().send({ headers: { 'X-Partner': 'acme' } });
    expect(status).toBe(401);
    expect(reply?.detail).toBe('Send your token as "Authorization: Bearer …".');
    expect(response.headers.get('www-authenticate')).toBe('Bearer realm="partners"');
  });

  it('counts what partners have received, and logs it when it is closed', async () => {
    const counting = tester();
    const request = bearer('the-token-of-acme');
    await counting.send({ ...request, outcome: { responseBytes: 300 } });
    await counting.send({ ...request, outcome: { responseBytes: 200 } });
    await counting.send({ ...request, outcome: { status: 499, source: 'client' } });
    await counting.close();
    expect(counting.log).toEqual([
      { level: 'info', message: 'partner served', facts: { name: 'acme', total: 500 } },
    ]);
  });
});
