import type { ResourceRecord } from '@sluice/wire';

/** Hexadecimal digits that look random, and are the same each time: a counter, mixed. */
function digits(seed: number, index: number, words: number): string {
  let text = '';
  for (let word = 0; word < words; word++) {
    let bits = Math.imul(index * words + word + 1, 0x9e37_79b1) ^ Math.imul(seed, 0x85eb_ca6b);
    bits = Math.imul(bits ^ (bits >>> 16), 0x21f0_aaad);
    bits = Math.imul(bits ^ (bits >>> 15), 0x735a_2d97);
    text += ((bits ^ (bits >>> 15)) >>> 0).toString(16).padStart(8, '0');
  }
  return text;
}

function uuid(seed: number, index: number): string {
  const hex = digits(seed, index, 4);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
}

const gatewayId = uuid(1, 0);
const consumerId = (index: number): string => uuid(2, index);
const credentialId = (index: number): string => uuid(3, index);

/** The hash of the key of a consumer. */
export function hashOf(index: number): string {
  return digits(4, index, 8);
}

/** A gateway with key-auth, consumers, and a key of each: as a control plane streams them. */
export function* consumerRecords(count: number): Generator<ResourceRecord> {
  const gateway = {
    name: 'default',
    policies: [{ name: 'key-auth', config: {}, mode: 'enforce' }],
  };
  yield { kind: 'gateway', id: gatewayId, json: JSON.stringify(gateway) };
  for (let index = 0; index < count; index++) {
    const spec = { groups: [], policies: [], quotas: [], tags: [], username: `user-${index}` };
    yield { kind: 'consumer', id: consumerId(index), json: JSON.stringify(spec) };
  }
  for (let index = 0; index < count; index++) {
    const spec = {
      consumer: consumerId(index),
      hash: hashOf(index),
      name: 'default',
      prefix: `slk_${String(index).padStart(8, '0')}`,
      tags: [],
      type: 'key',
    };
    yield { kind: 'credential', id: credentialId(index), json: JSON.stringify(spec) };
  }
}
