import type { Redis } from 'ioredis';

/** Whether Redis keeps its counts across a restart, and when its memory is full. */
export interface RedisDurability {
  /**
   * How Redis keeps its data: in an append-only file, in periodic snapshots, not at all, or
   * unknown.
   */
  readonly persistence: 'append-only' | 'snapshots' | 'none' | 'unknown';
  /**
   * The `maxmemory-policy` when Redis may evict keys with counts; undefined when it evicts none or
   * the policy is unknown.
   */
  readonly evictionPolicy: string | undefined;
}

/**
 * Reads how a Redis persists its data. Returns `unknown` for a server that refuses INFO or CONFIG,
 * as managed ones may. Rejects when the connection fails.
 */
export async function readDurability(redis: Redis): Promise<RedisDurability> {
  const persistence = await redis.info('persistence').catch(refused);
  const memory = await redis.info('memory').catch(refused);
  const policy = fieldOf(memory, 'maxmemory_policy');
  // Without a memory limit nothing is evicted. All keys of limits expire, so the volatile policies
  // evict them too.
  const mayEvict =
    policy !== undefined && policy !== 'noeviction' && fieldOf(memory, 'maxmemory') !== '0';
  return {
    persistence: await persistenceOf(redis, persistence),
    evictionPolicy: mayEvict ? policy : undefined,
  };
}

async function persistenceOf(
  redis: Redis,
  info: string | undefined,
): Promise<RedisDurability['persistence']> {
  if (fieldOf(info, 'aof_enabled') === '1') return 'append-only';
  const save: unknown = await redis.config('GET', 'save').catch(refused);
  if (!Array.isArray(save) || typeof save[1] !== 'string') return 'unknown';
  if (save[1] !== '') return 'snapshots';
  return info === undefined ? 'unknown' : 'none';
}

/** Redis answers with a refusal; a lost connection gives no answer. */
function refused(error: unknown): undefined {
  if (error instanceof Error && error.name === 'ReplyError') return undefined;
  throw error;
}

function fieldOf(info: string | undefined, name: string): string | undefined {
  return info?.match(new RegExp(`^${name}:(.*?)\\r?$`, 'm'))?.[1];
}
