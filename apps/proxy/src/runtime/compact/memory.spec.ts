import { createHash, randomUUID } from 'node:crypto';
import { expect, it } from '@jest/globals';
import { ConsumerIndex } from './consumer-index.ts';
import { CredentialIndex } from './credential-index.ts';

it('50,000 consumers with a key each take less than 300 bytes each outside the heap', () => {
  const count = 50_000;
  const consumers = new ConsumerIndex();
  const credentials = new CredentialIndex();
  const before = process.memoryUsage().external;
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
  const bytes = process.memoryUsage().external - before;
  expect([consumers.size, credentials.size]).toEqual([count, count]);
  expect(bytes / count).toBeGreaterThan(80);
  expect(bytes / count).toBeLessThan(300);
});
