import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ResourceRecord } from '@sluice/wire';
import { ConfigState } from './config-state.ts';
import { LastGood } from './last-good.ts';
import type { LastGoodOptions } from './last-good.ts';

let dataDir: string;
let state: ConfigState;
let logged: string[];

const records = (count: number, text = ''): ResourceRecord[] =>
  Array.from({ length: count }, (_, index) => ({
    kind: 'route',
    id: String(index),
    json: `{"name":"secret-${index}${text}"}`,
  }));
const config = (revision: number, count = 3) => ({ epoch: 'e', revision, records: records(count) });
const newest = (): string => join(dataDir, 'last-good.snapshot');

function open(more: Partial<LastGoodOptions> = {}): LastGood {
  const log = {
    info: () => undefined,
    warn: (_: object, message: string) => void logged.push(message),
    error: (_: object, message: string) => void logged.push(message),
  };
  return new LastGood({ dataDir, key: undefined, gateway: 'default', state, log, ...more });
}

async function save(revision: number, more: Partial<LastGoodOptions> = {}): Promise<void> {
  const lastGood = open(more);
  lastGood.keep(() => config(revision));
  await lastGood.flush();
}

async function damage(path: string, at: number): Promise<void> {
  const bytes = await readFile(path);
  bytes[at < 0 ? bytes.length + at : at]! ^= 1;
  await writeFile(path, bytes);
}

beforeEach(async () => {
  dataDir = join(await mkdtemp(join(tmpdir(), 'sluice-last-good-')), 'data');
  state = new ConfigState();
  logged = [];
});

afterEach(async () => {
  await rm(join(dataDir, '..'), { recursive: true, force: true });
});

describe('LastGood', () => {
  it('loads the stored configuration with its set hash', async () => {
    await save(7);
    const loaded = await open().load();
    const { records, ...facts } = config(7);
    expect(loaded?.snapshot).toMatchObject(facts);
    expect([...(loaded?.snapshot.records ?? [])]).toEqual([...records]);
    expect(loaded?.snapshot.setHash.bytes()).toHaveLength(32);
    expect(Date.now() - (loaded?.savedAtMs ?? 0)).toBeLessThan(5_000);
  });

  it('loads nothing at the first start, without an error', async () => {
    expect(await open().load()).toBeUndefined();
    expect([logged, state.lastGoodError]).toEqual([[], '']);
    expect(state.whyNoLastGood).toBe('there is no last good configuration on disk');
  });

  it('is readable only by its owner, and only with the key', async () => {
    await save(1);
    for (const name of ['last-good.snapshot', 'snapshot.key'])
      expect((await stat(join(dataDir, name))).mode & 0o777).toBe(0o600);
    expect((await readFile(newest())).includes('secret')).toBe(false);
    expect((await readdir(dataDir)).sort()).toEqual(['last-good.snapshot', 'snapshot.key']);
  });

  it('keeps the previous configuration and falls back to it', async () => {
    await save(1);
    await save(2);
    expect((await open().load())?.snapshot.revision).toBe(2);
    await damage(newest(), 100);
    expect((await open().load())?.snapshot.revision).toBe(1);
    expect(logged).toEqual(['a last good configuration cannot be used']);
  });

  it('falls back when the process died between the two renames', async () => {
    await save(1);
    await save(2);
    await rm(newest());
    expect((await open().load())?.snapshot.revision).toBe(1);
    await save(3);
    expect((await open().load())?.snapshot.revision).toBe(3);
  });

  it.each<[string, () => Promise<void>]>([
    ['a flipped bit in the magic', () => damage(newest(), 0)],
    ['a flipped bit in the nonce', () => damage(newest(), 20)],
    ['a flipped bit in the content', () => damage(newest(), 60)],
    ['a flipped bit in the checksum', () => damage(newest(), -1)],
    [
      'a file cut short',
      async () => writeFile(newest(), (await readFile(newest())).subarray(0, 80)),
    ],
    ['an empty file', () => writeFile(newest(), '')],
    ['something else', () => writeFile(newest(), 'x'.repeat(500))],
  ])('says loudly when there is only %s', async (_, spoil) => {
    await save(1);
    await spoil();
    expect(await open().load()).toBeUndefined();
    expect(logged.at(-1)).toMatch(/no last good configuration can be used/);
    expect(state.lastGoodError).toContain('last-good.snapshot');
  });

  it('distinguishes a wrong key from damage', async () => {
    const key = randomBytes(32).toString('hex');
    await save(1, { key });
    expect((await open({ key }).load())?.snapshot.revision).toBe(1);
    expect(await open({ key: randomBytes(32).toString('hex') }).load()).toBeUndefined();
    expect(state.lastGoodError).toContain('written with another key');
  });

  it('says what to do about a damaged key file', async () => {
    await save(1);
    await writeFile(join(dataDir, 'snapshot.key'), 'no key');
    expect(await open().load()).toBeUndefined();
    expect(state.lastGoodError).toMatch(
      /delete the file to generate a new key, or set SLUICE_SNAPSHOT_KEY/,
    );
  });

  it('does not use the configuration of another gateway', async () => {
    await save(1, { gateway: 'internal' });
    expect(await open().load()).toBeUndefined();
    expect(state.lastGoodError).toBe('');
    expect(logged).toEqual(['a last good configuration is not used']);
    expect(state.whyNoLastGood).toBe(
      `the last good configuration on disk cannot be used: ${newest()}: it belongs to the gateway "internal", and this node serves "default"`,
    );
  });

  it('writes once for a burst of changes, after a delay', async () => {
    const lastGood = open();
    let taken = 0;
    for (let revision = 1; revision <= 50; revision++) {
      lastGood.keep(() => {
        taken++;
        return config(revision);
      });
    }
    await sleep(100);
    expect(taken).toBe(0);
    await sleep(300);
    expect(taken).toBe(1);
    expect((await open().load())?.snapshot.revision).toBe(50);
    await lastGood.flush();
    expect(taken).toBe(1);
  });

  it('continues when the directory is not writable, and logs that once', async () => {
    await writeFile(dataDir, 'a file, not a directory');
    const lastGood = open();
    for (const revision of [1, 2]) {
      lastGood.keep(() => config(revision));
      await lastGood.flush();
    }
    expect(state.lastGoodError).toContain(
      'this node cannot restart without its control plane. Make it writable or set SLUICE_DATA_DIR.',
    );
    expect(logged).toHaveLength(1);
    await rm(dataDir);
    lastGood.keep(() => config(3));
    await lastGood.flush();
    expect(state.lastGoodError).toBe('');
    await chmod(dataDir, 0o700);
  });

  it('says at the start that the directory cannot be created', async () => {
    await writeFile(join(dataDir, '..', 'file'), '');
    dataDir = join(dataDir, '..', 'file', 'below');
    expect(await open().load()).toBeUndefined();
    expect(state.lastGoodError).toMatch(
      /^The folder \S+ cannot be written \(ENOTDIR.*SLUICE_DATA_DIR/,
    );
    expect(logged).toEqual(['the last good configuration is not stored']);
    dataDir = join(dataDir, '..', '..', 'data');
  });

  it('keeps 100,000 resources without blocking the event loop, and loads them in seconds', async () => {
    const many = records(100_000, 'x'.repeat(300));
    let sinceTurn = 0;
    const counted = function* (): Generator<ResourceRecord> {
      for (const record of many) {
        sinceTurn += 1;
        yield record;
      }
    };
    const lastGood = open();
    /** CPU time of the longest turn as a share of the whole, and the most records of a turn. */
    const write = async (revision: number): Promise<{ share: number; records: number }> => {
      lastGood.keep(() => ({ epoch: 'e', revision, records: counted() }));
      let done = false;
      const flushed = lastGood.flush().then(() => (done = true));
      let [longestTurnMs, before, most] = [0, cpuMs(), 0];
      const begunAt = before;
      while (!done) {
        await nextTurn();
        const now = cpuMs();
        longestTurnMs = Math.max(longestTurnMs, now - before);
        before = now;
        most = Math.max(most, sinceTurn);
        sinceTurn = 0;
      }
      await flushed;
      return { share: longestTurnMs / (before - begunAt), records: most };
    };
    // The shortest of three: a collection of the garbage of other specs may fall into one of them,
    // a step that blocks is in all.
    const writes = [await write(1), await write(2), await write(3)];
    expect(Math.min(...writes.map(({ share }) => share))).toBeLessThan(1 / 4);
    for (const { records: most } of writes) {
      expect(most).toBeGreaterThan(0);
      expect(most).toBeLessThan(4_000);
    }

    const startedAt = cpuMs();
    const loaded = await open().load();
    expect([...(loaded?.snapshot.records ?? [])]).toHaveLength(100_000);
    // Far above the time on a slow machine, and far below the time of quadratic work.
    expect(cpuMs() - startedAt).toBeLessThan(5_000);
  });
});

function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}
