import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { hashPassword } from '@sluice/passwords';

const check = new URL('./password-check.ts', import.meta.url).href;

/**
 * Runs in a process of its own: prints the key, the value and the time for which each of two
 * passwords is remembered.
 */
const script = (phc: string): string => `
  const { PasswordCheck } = await import(${JSON.stringify(check)});
  const kept = [];
  const cache = {
    async getOrLoad(key, load) {
      const { value, ttlMs } = await load();
      kept.push({ key, value, ttlMs });
      return value;
    },
  };
  const passwords = new PasswordCheck(cache, 60_000, {});
  for (const password of ['open sesame', 'wrong'])
    await passwords.matches({ secret: ${JSON.stringify(phc)} }, password, 'caller');
  console.log(JSON.stringify(kept));
`;

interface Kept {
  readonly key: string;
  readonly value: string;
  readonly ttlMs: number;
}

describe('PasswordCheck', () => {
  it('remembers a match under an HMAC whose key only this process has', async () => {
    const phc = await hashPassword('open sesame');
    const keptInProcess = async (): Promise<Kept[]> => {
      const args = ['--conditions=sluice-source', '--input-type=module', '-e', script(phc)];
      const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 60_000 });
      return JSON.parse(stdout) as Kept[];
    };
    const [one = [], two = []] = [await keptInProcess(), await keptInProcess()];
    for (const [right, wrong] of [one, two]) {
      expect(right).toMatchObject({ value: '1', ttlMs: 60_000 });
      expect(wrong).toMatchObject({ value: '0', ttlMs: 0 });
    }
    const keys = [...one, ...two].map(({ key }) => key);
    expect(keys.map((key) => Buffer.from(key, 'base64').length)).toEqual([32, 32, 32, 32]);
    const plain = createHash('sha256').update(`${phc}\0open sesame`).digest('base64');
    expect(new Set([...keys, plain]).size).toBe(5);
  });
});
