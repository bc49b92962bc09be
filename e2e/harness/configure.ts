import type { Admin } from './admin.ts';

/** A key and what it belongs to. */
export interface IssuedKey {
  readonly consumer: string;
  readonly key: string;
}

/** Registers a service and a route to it, by default `/<name>/*`. */
export async function registerService(
  admin: Admin,
  name: string,
  addresses: readonly string[],
  more: { service?: object; route?: object } = {},
): Promise<void> {
  await admin.create('/v1/services', {
    name,
    targets: addresses.map((address) => ({ address })),
    ...more.service,
  });
  await admin.create('/v1/routes', { name, paths: [`/${name}/*`], service: name, ...more.route });
}

/** Registers a consumer and issues a key to it. */
export async function issueKey(
  admin: Admin,
  username: string,
  more: object = {},
): Promise<IssuedKey> {
  await admin.create('/v1/consumers', { username, ...more });
  const { key } = await admin.create(`/v1/consumers/${username}/keys`, { name: 'main' });
  if (typeof key !== 'string') throw new Error('the answer shows no key');
  return { consumer: username, key };
}
