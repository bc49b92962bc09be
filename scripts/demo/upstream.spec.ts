import { fileURLToPath } from 'node:url';
import { expect, it } from '@jest/globals';
import { freePort } from '../process/ports.ts';
import { waitUntil } from '../process/wait-until.ts';
import { startWatched } from '../process/watched-process.ts';

it('the demo service returns the request that it received, and stops on SIGTERM', async () => {
  const port = await freePort();
  const service = await startWatched({
    name: 'upstream',
    command: process.execPath,
    args: [fileURLToPath(new URL('upstream.ts', import.meta.url)), 'orders', String(port)],
    output: 'inherit',
  });
  const url = `http://127.0.0.1:${port}/orders/1?a=b`;
  await waitUntil(
    'it listens',
    async () =>
      await fetch(url).then(
        () => true,
        () => false,
      ),
  );
  const response = await fetch(url, {
    method: 'POST',
    body: 'four',
    headers: { 'x-consumer-username': 'demo' },
  });
  expect(response.headers.get('content-type')).toBe('application/json');
  expect(await response.json()).toMatchObject({
    service: 'orders',
    method: 'POST',
    path: '/orders/1?a=b',
    bodyBytes: 4,
    headers: { 'x-consumer-username': 'demo' },
  });
  expect(await service.stop()).toEqual({ code: 0, signal: null });
});
