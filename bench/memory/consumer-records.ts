import { createHash } from 'node:crypto';
import type { ResourceRecord } from '@sluice/wire';

const idOf = (kind: string, index: number): string => {
  const hex = createHash('sha256').update(`${kind}${index}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
};
/** The hash of the key of a consumer. */
export const hashOf = (index: number): string =>
  createHash('sha256').update(`key ${index}`).digest('hex');

/** A gateway with key-auth, consumers, and a key of each: as a control plane streams them. */
export function* consumerRecords(count: number): Generator<ResourceRecord> {
  const gateway = {
    name: 'default',
    policies: [{ name: 'key-auth', config: {}, mode: 'enforce' }],
  };
  yield { kind: 'gateway', id: idOf('gateway', 0), json: JSON.stringify(gateway) };
  for (let index = 0; index < count; index++) {
    const spec = { groups: [], policies: [], quotas: [], tags: [], username: `user-${index}` };
    yield { kind: 'consumer', id: idOf('consumer', index), json: JSON.stringify(spec) };
  }
  for (let index = 0; index < count; index++) {
    const spec = {
      consumer: idOf('consumer', index),
      hash: hashOf(index),
      name: 'default',
      prefix: `slk_${String(index).padStart(8, '0')}`,
      tags: [],
      type: 'key',
    };
    yield { kind: 'credential', id: idOf('credential', index), json: JSON.stringify(spec) };
  }
}
