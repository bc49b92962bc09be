import type { AdminClient, ConsumerInput, RouteInput, ServiceInput } from '@sluice/admin-client';

/** Options of a write that every live node must apply before the test goes on. */
export const applied = { waitMs: 10_000, requireApplied: true } as const;

/** A key and what it belongs to. */
export interface IssuedKey {
  readonly consumer: string;
  readonly key: string;
}

/** Registers a service and a route to it, by default `/<name>/*`. */
export async function registerService(
  admin: AdminClient,
  name: string,
  addresses: readonly string[],
  more: { service?: Partial<ServiceInput>; route?: Partial<RouteInput> } = {},
): Promise<void> {
  const targets = addresses.map((address) => ({ address }));
  await admin.services.create({ name, targets, ...more.service }, applied);
  await admin.routes.create({ name, paths: [`/${name}/*`], service: name, ...more.route }, applied);
}

/** Registers a consumer and issues a key to it. */
export async function issueKey(
  admin: AdminClient,
  username: string,
  more: Partial<ConsumerInput> = {},
): Promise<IssuedKey> {
  await admin.consumers.create({ username, ...more }, applied);
  const { resource } = await admin.keysOf(username).create({ name: 'main' }, applied);
  if (typeof resource.key !== 'string') throw new Error('the answer shows no key');
  return { consumer: username, key: resource.key };
}
