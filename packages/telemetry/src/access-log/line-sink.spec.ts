import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { fileSink, streamSink } from './line-sink.ts';
import type { LineSink } from './line-sink.ts';

const sourceUrl = new URL('./line-sink.ts', import.meta.url).href;

const put = (sink: LineSink, text: string): Promise<Error | undefined> =>
  new Promise((resolve) => sink.write(text, resolve));

describe('a file as sink', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sluice-log-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('takes text as UTF-8, piece after piece', async () => {
    const path = join(folder, 'log');
    const fd = openSync(path, 'a');
    const sink = fileSink(fd);
    const text = `${'żółw 🐢 '.repeat(100_000)}\n`;
    expect(await put(sink, text)).toBeUndefined();
    expect(await put(sink, 'end\n')).toBeUndefined();
    closeSync(fd);
    expect(readFileSync(path, 'utf8')).toBe(`${text}end\n`);
  });

  it('reports what cannot be written', async () => {
    const path = join(folder, 'log');
    writeFileSync(path, '');
    const fd = openSync(path, 'r');
    expect(await put(fileSink(fd), 'line\n')).toHaveProperty('code', 'EBADF');
    closeSync(fd);
  });

  it('begins a new line after one that was cut off', () => {
    const path = join(folder, 'log');
    const script = `
      const { ftruncateSync, openSync } = await import('node:fs');
      const { fileSink } = await import(process.argv[1]);
      const fd = openSync(process.argv[2], 'a');
      const sink = fileSink(fd);
      const put = (text) => new Promise((resolve) => sink.write(text, (error) => resolve(error?.code)));
      console.log(await put('a'.repeat(3000) + '\\n'), await put('b'.repeat(3000) + '\\n'));
      ftruncateSync(fd, 3003);
      console.log(await put('c\\n'), await put('d\\n'));`;
    // A limit on the size of files stands for a full disk.
    const shell = 'trap "" XFSZ; ulimit -f 8; exec "$0" "$@"';
    const args = [
      '-c',
      shell,
      process.execPath,
      '--input-type=module',
      '-e',
      script,
      sourceUrl,
      path,
    ];
    expect(execFileSync('sh', args, { encoding: 'utf8' })).toBe(
      'undefined EFBIG\nundefined undefined\n',
    );
    expect(readFileSync(path, 'utf8')).toBe(`${'a'.repeat(3_000)}\nbb\nc\nd\n`);
  });

  it('tries again when the descriptor is not ready', async () => {
    const path = join(folder, 'fifo');
    execFileSync('sh', ['-c', 'mkfifo "$0"', path]);
    const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
    const size = 300_000;
    let isDone = false;
    const written = put(fileSink(fd), 'x'.repeat(size)).then((error) => {
      isDone = true;
      return error;
    });
    await sleep(50);
    expect(isDone).toBe(false);
    const reader = await open(path, 'r');
    for (let length = 0; length < size;)
      length += (await reader.read(Buffer.alloc(65_536))).bytesRead;
    expect(await written).toBeUndefined();
    await reader.close();
    closeSync(fd);
  });
});

describe('a stream as sink', () => {
  it('is done when the stream has taken the text', async () => {
    const stream = new PassThrough();
    expect(await put(streamSink(stream), 'line\n')).toBeUndefined();
    expect(String(stream.read())).toBe('line\n');
  });

  it('reports a broken pipe and does not end the process', async () => {
    const broken = new Writable({ write: (_chunk, _encoding, done) => done(new Error('EPIPE')) });
    const sink = streamSink(broken);
    expect(await put(sink, 'line\n')).toMatchObject({ message: 'EPIPE' });
    expect(await put(sink, 'line\n')).toHaveProperty('code', 'ERR_STREAM_DESTROYED');
  });
});

/**
 * A process of its own, because standard output is at stake. It logs a mebibyte, ticks, and ends.
 */
const script = `
  const { standardOutput } = await import(process.argv[1]);
  const begin = Date.now();
  standardOutput().write('x'.repeat(1 << 20) + '\\n', (error) => process.stderr.write(error ? error.code : 'written '));
  setTimeout(() => { process.stderr.write('tick'); process.exit(0); }, 100);
`;

function run(stdout: 'pipe' | number) {
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, sourceUrl], {
    stdio: ['ignore', stdout, 'pipe'],
  });
  let said = '';
  child.stderr!.on('data', (chunk: Buffer) => (said += chunk.toString()));
  return { child, said: () => said };
}

describe('standard output', () => {
  it('does not delay the process, or its exit, when no process reads the pipe', async () => {
    const { child, said } = run('pipe');
    const killer = setTimeout(() => child.kill('SIGKILL'), 10_000);
    const [code] = (await once(child, 'exit')) as [number | null];
    clearTimeout(killer);
    expect({ code, said: said() }).toEqual({ code: 0, said: 'tick' });
  });

  it('reports a pipe whose reader is gone', async () => {
    const { child, said } = run('pipe');
    child.stdout!.destroy();
    const [code] = (await once(child, 'close')) as [number | null];
    expect({ code, said: said() }).toEqual({ code: 0, said: 'EPIPEtick' });
  });

  it('writes to a file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sluice-log-'));
    const path = join(folder, 'log');
    const fd = openSync(path, 'a');
    const { child, said } = run(fd);
    await once(child, 'close');
    closeSync(fd);
    expect(said()).toBe('written tick');
    expect(readFileSync(path, 'utf8')).toBe(`${'x'.repeat(1 << 20)}\n`);
    rmSync(folder, { recursive: true });
  });
});
