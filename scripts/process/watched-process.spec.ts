import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from '@jest/globals';
import { identifyProcess } from './process-identity.ts';
import { waitUntil } from './wait-until.ts';
import { startWatched, type WatchedProcess } from './watched-process.ts';

const ownerScript = fileURLToPath(new URL('fixtures/owner.ts', import.meta.url));
const waits = 'setInterval(() => {}, 1000);';
const ignoresSigterm = `process.on('SIGTERM', () => {}); console.log('deaf'); ${waits}`;
const started: WatchedProcess[] = [];

async function watch(program: string, graceMs = 5_000): Promise<WatchedProcess> {
  const watched = await startWatched({
    name: 'test',
    command: process.execPath,
    args: ['-e', program],
    output: 'pipe',
    stopLadder: [{ signal: 'SIGTERM', graceMs }],
  });
  started.push(watched);
  return watched;
}

async function firstLine(watched: WatchedProcess): Promise<string> {
  const [stdout] = watched.streams;
  if (stdout === undefined) throw new Error('no pipe');
  return String((await once(createInterface(stdout), 'line'))[0]);
}

afterEach(async () => {
  await Promise.all(started.splice(0).map((watched) => watched.stop()));
});

describe('a watched process', () => {
  it('gives its output and its exit code', async () => {
    const watched = await watch("console.log('hello'); process.exitCode = 7;");
    expect(await firstLine(watched)).toBe('hello');
    expect(await watched.exited).toEqual({ code: 7, signal: null });
    expect(await watched.stop()).toEqual({ code: 7, signal: null });
  });

  it('gets SIGTERM first, and SIGKILL when it ignores that', async () => {
    const polite = await watch(
      `process.on('SIGTERM', () => process.exit(3)); console.log('on'); ${waits}`,
    );
    await firstLine(polite);
    expect(await polite.stop()).toEqual({ code: 3, signal: null });

    const deaf = await watch(ignoresSigterm, 200);
    await firstLine(deaf);
    expect(await deaf.stop()).toEqual({ code: null, signal: 'SIGKILL' });
  });

  it('leaves nothing of its process group behind', async () => {
    const watched = await watch(
      `const child = require('child_process').spawn(process.execPath, ['-e', "${waits}"]); console.log(child.pid); ${waits}`,
    );
    const grandchild = Number(await firstLine(watched));
    expect(identifyProcess(grandchild)?.pid).toBe(grandchild);
    watched.signal('SIGKILL');
    expect(await watched.exited).toEqual({ code: null, signal: 'SIGKILL' });
    await waitUntil('the grandchild is gone', () => identifyProcess(grandchild) === undefined);
  });

  it('says so when the command does not exist', async () => {
    const missing = startWatched({
      name: 'ghost',
      command: '/nonexistent/ghost',
      args: [],
      output: 'ignore',
    });
    await expect(missing).rejects.toThrow(/ghost could not be started: .*ENOENT/);
  });
});

describe('when the owner is killed', () => {
  it.each([
    ['a process that listens', waits],
    ['a process that is deaf to SIGTERM', ignoresSigterm],
  ])('%s ends too', async (_name, program) => {
    const owner = spawn(process.execPath, [ownerScript, program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let pid = 0;
    for await (const line of createInterface(owner.stdout)) {
      pid = Number(line);
      if (pid > 0) break;
    }
    expect(identifyProcess(pid)?.pid).toBe(pid);
    owner.kill('SIGKILL');
    await waitUntil('the watched process is gone', () => identifyProcess(pid) === undefined);
  });
});
