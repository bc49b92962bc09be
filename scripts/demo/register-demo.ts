import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AdminProblem, createAdminClient, type AdminClient } from '@sluice/admin-client';
import { SetupError } from '../process/setup-error.ts';

/** What the demo needs to know. */
export type DemoOptions = {
  readonly adminUrl: string;
  readonly adminToken: string;
  readonly dataDir: string;
  readonly ordersPort: number;
  readonly usersPort: number;
};

/** The state of the demo, with its key if there is one. */
export type Demo = { readonly key: string | undefined; readonly isNew: boolean };

const requestTimeoutMs = 20_000;
const applyTimeoutMs = 10_000;

/**
 * Registers the demo through the Admin API when nothing is registered yet: two services behind
 * key-auth, and a consumer with a key and a quota of one request per second, with bursts of five.
 * The last write waits until the proxy serves with it. A registration that was interrupted is done again; once it
 * is complete, later starts do not change it.
 * @throws SetupError with the response of the Admin API when it refuses.
 */
export async function ensureDemo(options: DemoOptions): Promise<Demo> {
  try {
    return await registerOnce(options);
  } catch (error) {
    if (error instanceof AdminProblem) throw new SetupError(error.message, { cause: error });
    throw error;
  }
}

async function registerOnce(options: DemoOptions): Promise<Demo> {
  const { adminUrl: url, adminToken: token, dataDir } = options;
  const admin = createAdminClient({ url, token, timeoutMs: requestTimeoutMs });
  const keyFile = join(dataDir, 'demo-key');
  const unfinished = join(dataDir, 'demo-unfinished');
  const services = await admin.services.list({ limit: 1 });
  if (services.data.length > 0 && !existsSync(unfinished)) {
    const isUsable = existsSync(keyFile) && (await isFound(admin.routes.get('orders')));
    return { key: isUsable ? readFileSync(keyFile, 'utf8').trim() : undefined, isNew: false };
  }
  writeFileSync(unfinished, '');
  const key = await register(admin, options);
  writeFileSync(keyFile, `${key}\n`, { mode: 0o600 });
  rmSync(unfinished);
  return { key, isNew: true };
}

async function register(admin: AdminClient, options: DemoOptions): Promise<string> {
  const { ordersPort, usersPort } = options;
  await admin.quotas.put('demo', { limits: [{ requests: 60, per: 'minute', burst: 5 }] });
  await admin.consumers.put('demo', { quotas: ['demo'] });
  await isFound(admin.keysOf('demo').delete('demo'));
  const { key } = (await admin.keysOf('demo').create({ name: 'demo' })).resource;
  for (const [name, port] of [
    ['orders', ordersPort],
    ['users', usersPort],
  ] as const) {
    await admin.services.put(name, { targets: [{ address: `127.0.0.1:${port}` }] });
    await admin.routes.put(
      name,
      { paths: [`/${name}/*`], service: name, policies: [{ name: 'key-auth' }] },
      { waitMs: applyTimeoutMs },
    );
  }
  return key;
}

/** Whether a request found its resource. Rejects when it was refused for another reason. */
async function isFound(request: Promise<unknown>): Promise<boolean> {
  try {
    await request;
    return true;
  } catch (error) {
    if (error instanceof AdminProblem && error.status === 404) return false;
    throw error;
  }
}
