import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { freePort } from '../process/ports.ts';
import { identifyProcess } from '../process/process-identity.ts';
import { waitUntil } from '../process/wait-until.ts';
import { startProgram, type Program } from './program.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-program-'));
const serves = (port: number, then = ''): string =>
  `console.log('begins'); require('node:http').createServer((request, response) => response.end()).listen(${port}, '127.0.0.1'); ${then}`;

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function start(source: string, port: number, crashes: string[] = []): Promise<Program> {
  return startProgram({
    name: 'sample',
    args: ['-e', source],
    env: process.env,
    logPath: join(folder, 'sample.log'),
    readyUrl: `http://127.0.0.1:${port}/readyz`,
    stopGraceMs: 500,
    onCrash: (description) => crashes.push(description),
  });
}

describe('a program of npm start', () => {
  it('is returned once it serves, and a stop is not reported as a crash', async () => {
    const port = await freePort();
    const crashes: string[] = [];
    const program = await start(serves(port), port, crashes);
    expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(200);
    const pid = program.pid ?? 0;
    expect(identifyProcess(pid)?.pid).toBe(pid);
    await program.stop();
    expect(program.pid).toBeUndefined();
    expect(identifyProcess(pid)).toBeUndefined();
    expect(crashes).toEqual([]);
  });

  it('that does not start is reported with its last output', async () => {
    const failure = start(
      "console.error('no database for sla_TpokkWTNMP3hQkXb7l0vl21Cmim2e8'); process.exit(3)",
      await freePort(),
    );
    await expect(failure).rejects.toThrow(
      /^The sample did not start\. Its last output, also in .*sample\.log:\nno database for sla_…$/,
    );
  });

  it('that crashes is reported with its last output, and can be started again', async () => {
    const port = await freePort();
    const crashes: string[] = [];
    const program = await start(serves(port), port, crashes);
    process.kill(program.pid ?? 0, 'SIGKILL');
    await waitUntil('the crash is reported', () => crashes.length > 0);
    expect(crashes[0]).toMatch(
      /^The sample ended unexpectedly \(SIGKILL\)\. Its last output, .*:\nbegins$/,
    );
    await program.restart();
    expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(200);
    await program.stop();
    expect(crashes).toHaveLength(1);
  });

  it('reports at most five lines of this run, without its access log', async () => {
    const port = await freePort();
    const crashes: string[] = [];
    const program = await start(
      serves(
        port,
        `for (let i = 1; i <= 8; i++) { console.log('line ' + i); console.log('{"status":200,"path":"/x"}'); }`,
      ),
      port,
      crashes,
    );
    for (let life = 1; life <= 2; life++) {
      process.kill(program.pid ?? 0, 'SIGKILL');
      await waitUntil('the crash is reported', () => crashes.length === life);
      expect(crashes[life - 1]).toMatch(/log:\nline 4\nline 5\nline 6\nline 7\nline 8$/);
      await program.restart();
    }
    await program.stop();
  });

  it('reports nothing of an earlier run, and no heading for no output', async () => {
    const port = await freePort();
    const crashes: string[] = [];
    const mark = join(folder, 'ran');
    const program = await start(
      `const fs = require('node:fs'); if (!fs.existsSync(${JSON.stringify(mark)})) console.log('first'); fs.writeFileSync(${JSON.stringify(mark)}, ''); require('node:http').createServer((request, response) => response.end()).listen(${port}, '127.0.0.1');`,
      port,
      crashes,
    );
    for (const life of [1, 2]) {
      process.kill(program.pid ?? 0, 'SIGKILL');
      await waitUntil('the crash is reported', () => crashes.length === life);
      await program.restart();
    }
    await program.stop();
    expect(crashes[0]).toMatch(/log:\nfirst$/);
    expect(crashes[1]).toBe('The sample ended unexpectedly (SIGKILL).');
  });
});
