import { expect, it } from '@jest/globals';
import { PolicyTester } from '@sluice/policy-sdk/testing';
import { externalAuth } from '../packages/policies/src/external-auth/policy.ts';
import { keyAuth } from '../packages/policies/src/key-auth/policy.ts';
import { TestService } from '../packages/policies/testing/test-service.ts';

/**
 * external-auth tells its service the credential of the caller, and the key of a cached answer
 * contained the consumer only: what the service allowed to one credential was allowed to all
 * credentials of the consumer.
 */
it('an answer about one credential is not used for another of the same consumer', async () => {
  await using started = new AsyncDisposableStack();
  const service = started.adopt(
    await TestService.start((request, response) => {
      const [credential = ''] = TestService.values(request, 'x-credential-id');
      response.writeHead(credential.includes('admin') ? 200 : 403).end();
    }),
    (running) => running.stop(),
  );
  const consumer = { username: 'acme', id: 'c-1' };
  const keys = [
    { key: 'one', name: 'admin', consumer },
    { key: 'two', name: 'reader', consumer },
  ];
  const config = { url: service.url, allowPrivateAddresses: true, cache: { seconds: 60 } };
  const tester = new PolicyTester(keyAuth, {}, { keys }).with(externalAuth, config);
  const statusOf = async (key: string): Promise<number> =>
    (await tester.send({ headers: { 'X-API-Key': key } })).status;
  expect(await statusOf('one')).toBe(200);
  expect(await statusOf('two')).toBe(403);
});
