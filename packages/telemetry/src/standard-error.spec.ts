import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';

const program = `
  const { createLogger } = await import(process.argv[1]);
  const logger = createLogger({ name: 'test', level: 'info' });
  const lines = Number(process.argv[2]);
  for (let i = 0; i < lines; i++) logger.info({ i, filler: 'x'.repeat(1_000) }, 'line');
  console.log('logged');
  process.stdin.once('data', () => {
    logger.info('last words');
    process.exit(3);
  });
`;

/** A process of its own that logs so many lines and then waits to be told to end. */
function start(lines: number) {
  const source = new URL('./logger.ts', import.meta.url).href;
  // The condition is how the repository finds the sources of its packages.
  const args = ['-C', 'sluice-source', '--input-type=module', '-e', program, source, String(lines)];
  return spawn(process.execPath, args, { stdio: 'pipe' });
}

interface Line {
  readonly message: string;
  readonly i?: number;
}

describe('standard error', () => {
  it('has every line, up to the last before an exit', async () => {
    const child = start(50);
    let text = '';
    child.stderr.setEncoding('utf8').on('data', (piece: string) => (text += piece));
    child.stdin.write('end\n');
    expect(await once(child, 'close')).toEqual([3, null]);
    const lines = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Line);
    expect(lines.map(({ message }) => message)).toEqual([
      ...Array<string>(50).fill('line'),
      'last words',
    ]);
  });

  it('does not delay the process without a reader, and reports dropped lines once a reader returns', async () => {
    const child = start(10_000);
    await once(child.stdout, 'data');
    let text = '';
    child.stderr.setEncoding('utf8').on('data', (piece: string) => (text += piece));
    // All that was kept has come when nothing more does.
    for (let length = -1; length !== text.length || length === 0; await sleep(100))
      length = text.length;
    child.stdin.write('end\n');
    expect(await once(child, 'close')).toEqual([3, null]);
    const lines = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Line);
    const kept = lines.filter(({ message }) => message === 'line');
    expect(kept.map(({ i }) => i)).toEqual(kept.map((_, i) => i));
    expect(kept.length).toBeLessThan(5_000);
    expect(lines.slice(-2).map(({ message }) => message)).toEqual([
      `${10_000 - kept.length} log lines were dropped: no process read standard error`,
      'last words',
    ]);
  });

  it('may be closed by its reader without ending the process', async () => {
    const child = start(10);
    child.stderr.destroy();
    await once(child.stdout, 'data');
    child.stdin.write('end\n');
    expect(await once(child, 'close')).toEqual([3, null]);
  });
});
