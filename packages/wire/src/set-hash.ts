import { hash } from 'node:crypto';
import type { ResourceRecord } from './frames.ts';

const laneCount = 8;

/**
 * A 256-bit hash of a set of resources that does not depend on their order and can be updated for
 * each change: the sum, modulo 2^256, of the SHA-256 digests of its members. It detects drift
 * between two honest sides; it does not protect against an attacker who can choose the members.
 */
export class SetHash {
  /** Little-endian lanes of 32 bits. */
  readonly #lanes = new Uint32Array(laneCount);

  /** Returns the hash of these resources. */
  static of(records: Iterable<ResourceRecord>): SetHash {
    const sum = new SetHash();
    for (const record of records) sum.add(record);
    return sum;
  }

  /** Adds a resource to the set. It must not be a member already. */
  add(record: ResourceRecord): void {
    this.#addLanes(lanesOf(record));
  }

  /** Removes a resource from the set. It must be a member, with the same JSON. */
  remove(record: ResourceRecord): void {
    const lanes = lanesOf(record);
    let borrow = 0;
    for (let lane = 0; lane < laneCount; lane++) {
      const difference = (this.#lanes[lane] ?? 0) - (lanes[lane] ?? 0) - borrow;
      borrow = difference < 0 ? 1 : 0;
      this.#lanes[lane] = difference;
    }
  }

  /** Returns the hash of the union of both sets, which must have no member in common. */
  plus(other: SetHash): SetHash {
    const sum = new SetHash();
    sum.#lanes.set(this.#lanes);
    sum.#addLanes(other.#lanes);
    return sum;
  }

  /** Returns the 32 bytes of the hash for the wire. */
  bytes(): Buffer {
    const bytes = Buffer.allocUnsafe(laneCount * 4);
    for (let lane = 0; lane < laneCount; lane++)
      bytes.writeUInt32LE(this.#lanes[lane] ?? 0, lane * 4);
    return bytes;
  }

  /** Whether these are the 32 bytes of the same hash. */
  matches(bytes: Uint8Array): boolean {
    return this.bytes().equals(bytes);
  }

  #addLanes(lanes: Uint32Array): void {
    let carry = 0;
    for (let lane = 0; lane < laneCount; lane++) {
      const sum = (this.#lanes[lane] ?? 0) + (lanes[lane] ?? 0) + carry;
      carry = sum > 0xffff_ffff ? 1 : 0;
      this.#lanes[lane] = sum;
    }
  }
}

function lanesOf({ kind, id, json }: ResourceRecord): Uint32Array {
  const digest = hash('sha256', `${kind}\0${id}\0${json}`, 'buffer');
  const lanes = new Uint32Array(laneCount);
  for (let lane = 0; lane < laneCount; lane++) lanes[lane] = digest.readUInt32LE(lane * 4);
  return lanes;
}
