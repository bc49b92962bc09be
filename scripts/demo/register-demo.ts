import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
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

/**
 * Registers the demo through the Admin API when nothing is registered yet: two services behind
 * key-auth, a consumer with a key and a quota of a request a second, five at once. The last write
 * waits until the proxy serves with it. A registration that was interrupted is done again; once it
 * is complete, later starts do not change it.
 * @throws SetupError with the response of the Admin API when it refuses.
 */
export async function ensureDemo(options: DemoOptions): Promise<Demo> {
  const keyFile = join(options.dataDir, 'demo-key');
  const unfinished = join(options.dataDir, 'demo-unfinished');
  const services = (await call(options, 'GET', '/v1/services?limit=1')) as { data?: unknown[] };
  if ((services.data ?? []).length > 0 && !existsSync(unfinished)) {
    return {
      key:
        existsSync(keyFile) && (await hasRoute(options))
          ? readFileSync(keyFile, 'utf8').trim()
          : undefined,
      isNew: false,
    };
  }
  writeFileSync(unfinished, '');
  const key = await register(options);
  writeFileSync(keyFile, `${key}\n`, { mode: 0o600 });
  rmSync(unfinished);
  return { key, isNew: true };
}

async function register(options: DemoOptions): Promise<string> {
  const { ordersPort, usersPort } = options;
  await call(options, 'PUT', '/v1/quotas/demo', {
    limits: [{ requests: 60, per: 'minute', burst: 5 }],
  });
  await call(options, 'PUT', '/v1/consumers/demo', { quotas: ['demo'] });
  await call(options, 'DELETE', '/v1/consumers/demo/keys/demo', undefined, [404]);
  const { key } = (await call(options, 'POST', '/v1/consumers/demo/keys', { name: 'demo' })) as {
    key?: unknown;
  };
  if (typeof key !== 'string')
    throw new SetupError('The Admin API created a key but did not return it.');
  for (const [name, port] of [
    ['orders', ordersPort],
    ['users', usersPort],
  ] as const) {
    await call(options, 'PUT', `/v1/services/${name}`, {
      targets: [{ address: `127.0.0.1:${port}` }],
    });
    await call(options, 'PUT', `/v1/routes/${name}?wait=applied&timeout=10s`, {
      paths: [`/${name}/*`],
      service: name,
      policies: [{ name: 'key-auth' }],
    });
  }
  return key;
}

async function hasRoute(options: DemoOptions): Promise<boolean> {
  const route = (await call(options, 'GET', '/v1/routes/orders', undefined, [404])) as {
    id?: unknown;
  };
  return route.id !== undefined;
}

async function call(
  { adminUrl, adminToken }: DemoOptions,
  method: string,
  path: string,
  body?: object,
  alsoFine: readonly number[] = [],
): Promise<unknown> {
  const response = await fetch(`${adminUrl}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${adminToken}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(requestTimeoutMs),
  });
  const text = await response.text();
  if (!response.ok && !alsoFine.includes(response.status))
    throw new SetupError(`The Admin API refused ${method} ${path} (${response.status}): ${text}`);
  return text === '' ? {} : (JSON.parse(text) as unknown);
}
