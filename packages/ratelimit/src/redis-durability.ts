import type { Redis } from 'ioredis';

/** What becomes of the counts in a Redis when it restarts, and when its memory is full. */
export interface RedisDurability {
  /** How Redis keeps its data: in an append-only file, in snapshots every so often, not at all, or it does not say. */
  readonly persistence: 'append-only' | 'snapshots' | 'none' | 'unknown';
  /** The `maxmemory-policy` when Redis may evict keys that hold counts; undefined when it evicts none or does not say. */
  readonly evictionPolicy: string | undefined;
}

/**
 * Asks a Redis how it keeps its data. A server that refuses INFO or CONFIG, as managed ones may, is answered for with
 * `unknown`. Rejects when the connection fails.
 */
export async function readDurability(redis: Redis): Promise<RedisDurability> {
  const persistence = await redis.info('persistence').catch(refused);
  const memory = await redis.info('memory').catch(refused);
  const policy = fieldOf(memory, 'maxmemory_policy');
  // Without a bound of memory nothing is evicted. All keys of limits expire, so that the volatile policies evict them too.
  const mayEvict = policy !== undefined && policy !== 'noeviction' && fieldOf(memory, 'maxmemory') !== '0';
  return { persistence: await persistenceOf(redis, persistence), evictionPolicy: mayEvict ? policy : undefined };
}

async function persistenceOf(redis: Redis, info: string | undefined): Promise<RedisDurability['persistence']> {
  if (fieldOf(info, 'aof_enabled') === '1') return 'append-only';
  const save: unknown = await redis.config('GET', 'save').catch(refused);
  if (!Array.isArray(save) || typeof save[1] !== 'string') return 'unknown';
  if (save[1] !== '') return 'snapshots';
  return info === undefined ? 'unknown' : 'none';
}

/** A refusal is an answer of Redis; a lost connection is not. */
function refused(error: unknown): undefined {
  if (error instanceof Error && error.name === 'ReplyError') return undefined;
  throw error;
}

function fieldOf(info: string | undefined, name: string): string | undefined {
  return info?.match(new RegExp(`^${name}:(.*?)\\r?$`, 'm'))?.[1];
}
