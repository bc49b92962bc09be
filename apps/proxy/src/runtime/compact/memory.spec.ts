import { createHash, randomUUID } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from '@jest/globals';
import { ConsumerIndex } from './consumer-index.ts';
import { CredentialIndex } from './credential-index.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Bytes outside the heap that are in use, without those of garbage that earlier specs left. */
async function externalBytes(): Promise<number> {
  for (let times = 0; times < 3; times++) {
    collect();
    await nextTurn();
  }
  return process.memoryUsage().external;
}

it('50,000 consumers with a key each take less than 300 bytes each outside the heap', async () => {
  const count = 50_000;
  const consumers = new ConsumerIndex();
  const credentials = new CredentialIndex();
  const before = await externalBytes();
  for (let index = 0; index < count; index++) {
    const id = randomUUID();
    const username = `user-${index}`;
    const spec = { username, groups: [], quotas: [], policies: [], tags: [] };
    consumers.set(id, { kind: 'consumer', id, name: username, spec, chain: [] });
    const hash = createHash('sha256').update(username).digest('hex');
    const key = { type: 'key' as const, name: 'ci', consumer: id, hash, prefix: 'slk_1', tags: [] };
    const keyId = randomUUID();
    credentials.set(keyId, { kind: 'credential', id: keyId, name: 'ci', spec: key });
  }
  const bytes = (await externalBytes()) - before;
  expect([consumers.size, credentials.size]).toEqual([count, count]);
  expect(bytes / count).toBeGreaterThan(80);
  expect(bytes / count).toBeLessThan(300);
});
