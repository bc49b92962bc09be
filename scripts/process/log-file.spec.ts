import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from '@jest/globals';
import { keepLogBounded, openLogFile } from './log-file.ts';
import { waitUntil } from './wait-until.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-log-'));
const path = join(folder, 'server.log');

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

it('shows only what was written since it was opened, and at most so many lines', () => {
  writeFileSync(path, 'from an earlier start\n');
  const log = openLogFile(path);
  expect(log.tail(5)).toBe('');
  writeSync(log.descriptor, 'one\ntwo\nthree\n');
  expect(log.tail(2)).toBe('two\nthree');
  expect(log.tail(9)).toBe('one\ntwo\nthree');
  log.close();
});

it('is begun afresh once it has grown too large, and keeps one generation', () => {
  writeFileSync(path, 'x'.repeat(101));
  const log = openLogFile(path, 100);
  expect(statSync(path).size).toBe(0);
  expect(readFileSync(`${path}.1`, 'utf8')).toHaveLength(101);
  log.close();
});

it('is emptied under its writer once it has grown too large, and goes on', async () => {
  writeFileSync(path, 'earlier\n');
  const log = openLogFile(path);
  const stop = keepLogBounded(log, 100, 10);
  writeSync(log.descriptor, 'x'.repeat(101));
  await waitUntil('the log is emptied', () => statSync(path).size === 0);
  stop();
  writeSync(log.descriptor, 'new\n');
  expect(readFileSync(`${path}.1`, 'utf8')).toMatch(/^earlier\nx{101}$/);
  expect(log.tail(5)).toBe('new');
  log.close();
});
