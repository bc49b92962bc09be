/**
 * An upload of 12 seconds through a policy that reads it, although a hook may take 10 seconds: the
 * time that a read waits for the client does not count.
 *
 *   npm run build && node bench/content/slow-upload.ts [--seconds 12] [--record]
 *
 * Sends a kilobyte a second and expects 200. Needs nginx as the origin.
 */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { originProgram, sluiceArm } from '../measure/arm.ts';
import { publish, requirePrograms, today } from '../measure/environment.ts';
import { freePorts } from '../measure/free-ports.ts';
import { readOptions } from '../measure/options.ts';
import { RunningProgram } from '../measure/running-program.ts';
import { writeReadingPolicy } from './reading-policy.ts';

const options = readOptions({
  seconds: { type: 'string', default: '12' },
  record: { type: 'boolean', default: false },
});
const seconds = Number(options.seconds);

requirePrograms(['taskset', 'nginx']);
const folder = mkdtempSync(join(tmpdir(), 'sluice-upload-'));
const [originPort = 0, port = 0] = await freePorts(2);
const origin = await RunningProgram.start(originProgram(folder, originPort), '1', folder);
const proxy = await RunningProgram.start(
  sluiceArm(
    { folder, originPort, port },
    {
      name: 'reads-all',
      does: 'reads all content',
      policies: [{ name: 'bench-reader', config: { reads: 'all' } }],
      env: { SLUICE_POLICIES_DIR: writeReadingPolicy(folder) },
    },
  ),
  '0',
  folder,
);
try {
  const startedAtMs = performance.now();
  const status = await upload();
  const tookMs = performance.now() - startedAtMs;
  if (status !== 'HTTP/1.1 200 OK') throw new Error(`the upload ended with: ${status}`);
  publish(`slow-upload-${today()}`, report(tookMs), options.record);
} finally {
  await proxy.stop();
  await origin.stop();
  rmSync(folder, { recursive: true, force: true });
}

/** Sends a kilobyte a second. Returns the status line of the response. */
async function upload(): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write(`POST /orders HTTP/1.1\r\nHost: a\r\nContent-Length: ${seconds * 1024}\r\n\r\n`);
  for (let second = 0; second < seconds; second++) {
    await sleep(1_000);
    socket.write('x'.repeat(1_024));
  }
  const [chunk] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return chunk.toString('latin1').split('\r\n')[0] ?? '';
}

function report(tookMs: number): string {
  return [
    '# A slow upload through a policy that reads',
    '',
    `${today()}, \`node bench/content/slow-upload.ts --seconds ${seconds}\`: an upload of ${Math.round(tookMs)} ms through a policy that reads the whole content`,
    'was answered with 200. The time limit of a hook is 10,000 ms.',
    '',
  ].join('\n');
}
