import { networkInterfaces } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTestAuthority } from '@sluice/testkit';
import { FixtureNode } from '../testing/fixture-node.ts';
import { fixtureToken } from '../testing/replica.ts';
import { startTestControlPlane } from '../testing/test-control-plane.ts';
import type { TestControlPlane } from '../testing/test-control-plane.ts';

/** An address of this machine that is not loopback: the control plane sees it as another machine. */
const address = Object.values(networkInterfaces())
  .flatMap((all) => all ?? [])
  .find(({ internal, family }) => !internal && family === 'IPv4')?.address;

describe('the private key of a certificate', () => {
  let api: TestControlPlane;
  let port: number;
  const nodes: FixtureNode[] = [];

  beforeAll(async () => {
    api = await startTestControlPlane({
      SLUICE_STREAM_HOST: '0.0.0.0',
      SLUICE_STREAM_INSECURE: '1',
      SLUICE_NODE_TOKEN: fixtureToken,
    });
    port = Number(/"stream":"0\.0\.0\.0:(\d+)"/.exec(api.log())?.[1]);
  });
  afterAll(async () => {
    for (const node of nodes) node.close();
    await api.close();
  });

  async function connect(id: string, host: string): Promise<FixtureNode> {
    const node = new FixtureNode(port, { id, host });
    nodes.push(node);
    await node.until(() => node.revision > 0 || node.error !== undefined);
    return node;
  }

  it('goes to nodes on this machine, and never over plaintext to another one', async () => {
    expect(address).toBeDefined();
    const local = await connect('local', '127.0.0.1');
    const remote = await connect('remote', address as string);
    const { cert, key } = await (await createTestAuthority()).issue({ names: ['a.example'] });
    const secretLine = key.split('\n')[1] as string;
    const certificate = { name: 'a', certificate: cert, key };
    const { status } = await api.post('/v1/certificates', certificate);
    expect(status).toBe(201);
    await api.post('/v1/consumers', { username: 'last' });
    for (const node of [local, remote])
      await node.until(() => [...node.records.values()].some(({ json }) => json.includes('last')));
    const late = await connect('late', address as string);

    expect(JSON.stringify([...local.records.values()])).toContain(secretLine);
    for (const node of [remote, late]) {
      expect(JSON.stringify(node.frames)).not.toContain(secretLine);
      const bytes = node.frames.flatMap((frame) => (frame.type === 'snapshot' ? [frame.data] : []));
      expect(Buffer.concat(bytes).includes(secretLine)).toBe(false);
      expect([...node.records.values()].map(({ kind }) => kind)).not.toContain('certificate');
    }
    const { body } = await api.get('/v1/nodes');
    const told = Object.fromEntries(
      (body.data ?? []).map(({ id, receivesSecrets }) => [id, receivesSecrets]),
    );
    expect(told).toEqual({ local: true, remote: false, late: false });
    expect(api.log()).not.toContain(secretLine);
    expect(api.log()).toMatch(
      /sent no certificates with private keys.*"node":"remote"|"node":"remote".*private keys/,
    );
  });
});
