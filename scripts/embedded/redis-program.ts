import { fileURLToPath } from 'node:url';
import { findOnPath } from '../process/search-path.ts';
import { SetupError } from '../process/setup-error.ts';
import { fetchRedisPackages, type RedisProgram } from './redis-packages.ts';

const defaultCache = fileURLToPath(new URL('../../.cache/redis', import.meta.url));
const programNames = ['redis-server', 'valkey-server'];

/**
 * Finds a Redis or Valkey server: on the search path, or else fetched from the Debian archive into
 * `cache`, by default `.cache/redis` of this checkout.
 * @throws SetupError naming the three ways to get one.
 */
export async function findRedisProgram(
  searchPath: string,
  onNotice: (line: string) => void,
  cache = defaultCache,
): Promise<RedisProgram> {
  const installed = findOnPath(searchPath, programNames);
  if (installed !== undefined) return { command: installed, env: {} };
  try {
    return await fetchRedisPackages(searchPath, onNotice, cache);
  } catch (error) {
    throw new SetupError(
      [
        'There is no Redis to test with, and the tests need a real one. Use any of these three ways:',
        '  1. Set REDIS_URL to a running Redis, for example REDIS_URL=redis://127.0.0.1:6379',
        '  2. Install redis-server or valkey-server so that it is on PATH (apt-get install redis-server, brew install redis)',
        '  3. On Debian or Ubuntu with access to its package archive, Sluice fetches Redis without root. This attempt failed:',
        `     ${(error as Error).message.trim().replaceAll('\n', '\n     ')}`,
      ].join('\n'),
    );
  }
}
