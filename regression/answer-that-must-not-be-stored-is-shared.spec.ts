import { expect, it } from '@jest/globals';
import { PolicyTester } from '@sluice/policy-sdk/testing';
import { externalAuth } from '../packages/policies/src/external-auth/policy.ts';
import { TestService } from '../packages/policies/testing/test-service.ts';

/**
 * Parallel requests with the same cache key share one call of external-auth. Its answer was given to
 * all of them even when it must not be stored, so that several clients received the same new session
 * cookie.
 */
it('parallel requests do not share an answer with a cookie', async () => {
  await using started = new AsyncDisposableStack();
  let sessions = 0;
  const service = started.adopt(
    await TestService.start((_request, response) => {
      response.writeHead(200, { 'Set-Cookie': `session=${++sessions}` }).end();
    }),
    (running) => running.stop(),
  );
  const tester = new PolicyTester(externalAuth, {
    url: service.url,
    allowPrivateAddresses: true,
    clientHeaders: ['Set-Cookie'],
    cache: { seconds: 60, by: ['path'] },
  });
  const clients = ['203.0.113.1', '203.0.113.2', '203.0.113.3'];
  const answers = await Promise.all(
    clients.map((clientAddress) => tester.send({ clientAddress, path: '/' })),
  );
  const cookies = answers.map(({ response }) => response.headers.get('set-cookie'));
  expect(new Set(cookies).size).toBe(clients.length);
});
