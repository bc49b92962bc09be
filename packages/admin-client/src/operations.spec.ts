import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { createAdminClient } from './admin-client.ts';

const document = JSON.parse(
  readFileSync(new URL('../../../docs/reference/openapi.json', import.meta.url), 'utf8'),
) as { paths: Record<string, Record<string, { tags: readonly string[] }>> };

const described = Object.entries(document.paths)
  .flatMap(([path, item]) =>
    Object.entries(item).map(([method, { tags }]) => ({
      operation: `${method.toUpperCase()} ${path.replaceAll(/\{\w+\}/g, '{}')}`,
      tags,
    })),
  )
  // Health is for probes, which have no token.
  .filter(({ tags }) => !tags.includes('health'))
  .map(({ operation }) => operation);

describe('the admin client', () => {
  it('has a method for every operation of the OpenAPI document, and no others', async () => {
    const sent: string[] = [];
    const admin = createAdminClient({
      url: 'http://127.0.0.1',
      token: 't',
      fetch: (target, { method } = {}) => {
        const path = new URL(String(target)).pathname.replaceAll(/\/(the-one|7)(?=\/|$)/g, '/{}');
        sent.push(`${method} ${path}`);
        return Promise.resolve(new Response('{"data":[],"next":null}'));
      },
    });
    const name = 'the-one';
    for (const collection of [
      admin.gateways,
      admin.services,
      admin.routes,
      admin.consumers,
      admin.groups,
      admin.quotas,
      admin.certificates,
      admin.cas,
    ]) {
      await collection.list();
      await collection.get(name);
      // The content does not matter here: it is not sent to a control plane.
      await collection.create({ name } as never);
      await collection.put(name, {} as never);
      await collection.patch(name, {});
      await collection.delete(name);
    }
    const keys = admin.keysOf(name);
    await keys.list();
    await keys.get(name);
    await keys.create({ name });
    await keys.patch(name, { tags: [] });
    await keys.delete(name);
    const signingKeys = admin.signingKeysOf(name);
    await signingKeys.list();
    await signingKeys.get(name);
    await signingKeys.create({ name, use: 'identity' });
    await signingKeys.patch(name, { tags: [] });
    await signingKeys.delete(name);
    await admin.credentials.list();
    const credentials = admin.credentialsOf(name);
    await credentials.list();
    await credentials.get(name);
    await credentials.create({ type: 'key', name });
    await credentials.patch(name, { tags: [] });
    await credentials.delete(name);
    await admin.routesOf(name).list();
    await admin.routesOf(name).create({ name });
    await admin.effectivePolicies(name);
    await admin.tokens.list();
    await admin.tokens.get(name);
    await admin.tokens.create({ name, role: 'viewer' });
    await admin.tokens.delete(name);
    await admin.policies.list();
    await admin.policies.get(name);
    await admin.nodes.list();
    await admin.nodes.get(name);
    await admin.revisions.list();
    await admin.revisions.get(7);
    await admin.revisionStatus(7);
    expect(sent.sort()).toEqual(described.sort());
  });
});
