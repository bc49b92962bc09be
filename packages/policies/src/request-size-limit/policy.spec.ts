import { describe, expect, it } from '@jest/globals';
import { PolicyTester } from '@sluice/policy-sdk/testing';
import { requestSizeLimit } from './policy.ts';

describe('request-size-limit', () => {
  it.each([
    [0, 200],
    [1000, 200],
    [1001, 413],
  ])('answers announced content of %i bytes with %i', async (contentLength, status) => {
    const answer = await new PolicyTester(requestSizeLimit, { maxBodyBytes: 1000 }).send({
      method: 'POST',
      contentLength,
    });
    expect(answer.status).toBe(status);
    expect(answer.forwarded === undefined).toBe(status === 413);
  });

  it('names the limit in the error', async () => {
    const { reply } = await new PolicyTester(requestSizeLimit, { maxBodyBytes: 1000 }).send({
      method: 'POST',
      contentLength: 5000,
    });
    expect(reply).toMatchObject({ code: 'content_too_large', detail: 'Send at most 1000 bytes.' });
  });

  it('counts content of unknown length while it streams', async () => {
    const answer = await new PolicyTester(requestSizeLimit, { maxBodyBytes: 1000 }).send({
      method: 'POST',
      contentLength: -1,
    });
    expect(answer).toMatchObject({ status: 200, maxBodyBytes: 1000 });
  });

  it('can allow no content at all', async () => {
    const tester = new PolicyTester(requestSizeLimit, { maxBodyBytes: 0 });
    expect((await tester.send()).status).toBe(200);
    expect((await tester.send({ contentLength: 1 })).status).toBe(413);
  });

  it.each([{}, { maxBodyBytes: -1 }, { maxBodyBytes: 1.5 }])(
    'refuses the configuration %j',
    (config) => {
      expect(() => new PolicyTester(requestSizeLimit, config as { maxBodyBytes: number })).toThrow(
        '/maxBodyBytes',
      );
    },
  );
});
