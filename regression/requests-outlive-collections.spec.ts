import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Origin } from '../e2e/harness/origin.ts';
import { freePort } from '../scripts/process/ports.ts';
import { waitUntil } from '../scripts/process/wait-until.ts';

const main = fileURLToPath(new URL('../apps/proxy/dist/main.js', import.meta.url));
const pipelined = 10;
const batch = 'GET /orders/17 HTTP/1.1\r\nHost: spec\r\n\r\n'.repeat(pipelined);

/** Sends a number of requests on one connection, several at a time. */
async function send(port: number, requests: number): Promise<void> {
  const socket = connect(port, '127.0.0.1').setEncoding('latin1');
  let answered = 0;
  socket.on('data', (text: string) => {
    const before = answered;
    answered += text.split('HTTP/1.1 200 ').length - 1;
    if (answered >= requests) socket.end();
    else if (Math.floor(answered / pipelined) > Math.floor(before / pipelined)) socket.write(batch);
  });
  socket.setTimeout(10_000, () =>
    socket.destroy(new Error(`no answer for 10 s, after ${answered} of ${requests}`)),
  );
  socket.write(batch);
  await once(socket, 'close');
  expect(answered).toBeGreaterThanOrEqual(requests);
}

/**
 * A connection referred to a function made for every request: V8 kept the function and its scope
 * through every collection of the young generation. 200 bytes of each request stayed until the next
 * full collection.
 */
describe('the memory of a request', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-spec-'));
  let origin: Origin;
  let port: number;
  let proxy: ChildProcess;
  let output = '';

  beforeAll(async () => {
    origin = await Origin.start('origin', (_, response) => response.end('ok'));
    port = await freePort();
    const config = {
      services: [{ name: 'origin', targets: [{ address: origin.address }] }],
      routes: [{ name: 'all', paths: ['/*'], service: 'origin' }],
    };
    writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
    const env = {
      ...process.env,
      SLUICE_CONFIG_FILE: join(folder, 'config.json'),
      SLUICE_PROXY_PORT: String(port),
      SLUICE_STATUS_PORT: '0',
      SLUICE_DATA_DIR: folder,
      SLUICE_ACCESS_LOG: 'off',
    };
    proxy = spawn(process.execPath, ['--trace-gc', '--max-semi-space-size=1', main], {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    proxy.stdout?.setEncoding('utf8').on('data', (text: string) => (output += text));
    const answers = (): Promise<boolean> =>
      fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(1_000) }).then(
        ({ ok }) => ok,
        () => false,
      );
    await waitUntil('the proxy answers', answers, 20_000);
  }, 30_000);
  afterAll(async () => {
    const gone = once(proxy, 'exit');
    proxy.kill('SIGKILL');
    await gone;
    origin.die();
    rmSync(folder, { recursive: true });
  });

  it('is freed by the next collection', async () => {
    // Until all code is compiled, and objects that are made once exist.
    await send(port, 10_000);
    output = '';
    const requests = 20_000;
    await send(port, requests);
    // A full collection frees everything: growth is counted before it and after it.
    const grownMegabytes = output.split('Mark-Compact').map((part) => {
      const kept = [...part.matchAll(/Scavenge [\d.]+ \([\d.]+\) -> ([\d.]+) /g)].map(
        ([, megabytes]) => Number(megabytes),
      );
      return (kept.at(-1) ?? 0) - (kept[0] ?? 0);
    });
    expect(output.match(/Scavenge/g)?.length).toBeGreaterThan(10);
    const grownBytes = grownMegabytes.reduce((sum, grown) => sum + grown, 0) * 2 ** 20;
    expect(grownBytes / requests).toBeLessThan(80);
  }, 60_000);
});
