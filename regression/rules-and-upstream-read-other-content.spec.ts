import { expect, it } from '@jest/globals';
import { PolicyTester } from '@sluice/policy-sdk/testing';
import { opa } from '../packages/policies/src/opa/policy.ts';
import { OpaServer } from '../packages/policies/testing/opa-server.ts';

/**
 * opa parsed the content of a request and sent what it had read to the policy server. Of a member
 * that appears twice the rules saw the last value only, long numbers lost digits, and deeply nested
 * content made the policy fail, which `onError: open` let pass.
 */
it('the rules decide about the content that the upstream receives', async () => {
  await using started = new AsyncDisposableStack();
  const inputs: string[] = [];
  const server = started.adopt(await OpaServer.start({ 'gateway/allow': () => true }), (running) =>
    running.stop(),
  );
  const tester = new PolicyTester(
    opa,
    {
      url: server.url,
      decision: 'gateway/allow',
      allowPrivateAddresses: true,
      body: { maxBytes: 1_048_576 },
    },
    { onError: 'open' },
  );
  const send = async (body: string): Promise<number> => {
    const headers = { 'Content-Type': 'application/json' };
    const { status } = await tester.send({ method: 'POST', headers, body });
    inputs.push(server.service.received.at(-1)?.body ?? '');
    return status;
  };
  expect(await send('{"account": 10000000000000001}')).toBe(200);
  expect(inputs[0]).toContain('{"account": 10000000000000001}');
  expect(await send('{"amount": 1000000, "amount": 1}')).toBe(403);
  expect(await send(`${'['.repeat(200_000)}${']'.repeat(200_000)}`)).toBe(403);
  expect(server.inputs).toHaveLength(1);
});
