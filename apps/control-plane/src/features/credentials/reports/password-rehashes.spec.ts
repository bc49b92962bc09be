import { createHash, randomUUID } from 'node:crypto';
import { networkInterfaces } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { hashPassword } from '@sluice/passwords';
import type { PasswordRehash } from '@sluice/wire';
import { FixtureNode } from '../../../testing/fixture-node.ts';
import { fixtureToken } from '../../../testing/replica.ts';
import { startTestControlPlane } from '../../../testing/test-control-plane.ts';
import type { TestControlPlane } from '../../../testing/test-control-plane.ts';

const bcrypt = '$2y$07$usesomesillystringfore2uDLvp1Ii2e./U9C8sBjqp8I90dH6hi';
/** An address of this machine that is not a loopback address. */
const address = Object.values(networkInterfaces())
  .flatMap((each) => each ?? [])
  .find(({ internal, family }) => !internal && family === 'IPv4')?.address;
const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();

describe('hashes that nodes report for imported passwords', () => {
  let api: TestControlPlane;
  let node: FixtureNode;
  let port: number;
  let strong: string;

  beforeAll(async () => {
    strong = await hashPassword('rasmuslerdorf');
    api = await startTestControlPlane({
      SLUICE_NODE_TOKEN: fixtureToken,
      SLUICE_STREAM_HOST: '0.0.0.0',
      SLUICE_STREAM_INSECURE: '1',
    });
    port = Number(/"stream":"0\.0\.0\.0:(\d+)"/.exec(api.log())?.[1]);
    node = new FixtureNode(port, { id: 'edge-1' });
    await node.until(() => node.revision > 0);
    await api.put('/v1/consumers/acme', {});
  });
  afterAll(async () => {
    node.close();
    await api.close();
  });

  async function create(name: string, passwordHash = bcrypt): Promise<string> {
    const content = { type: 'basic', name, username: name, passwordHash };
    const { status, body } = await api.post('/v1/consumers/acme/credentials', content);
    expect(status).toBe(201);
    return String(body['id']);
  }
  async function stored(id: string): Promise<string | undefined> {
    const rows = await api.sql<{ hash: string }>(
      `SELECT spec ->> 'passwordHash' AS hash FROM resource WHERE id = $1`,
      [id],
    );
    return rows[0]?.hash;
  }
  const rehash = (credentialId: string, more: Partial<PasswordRehash> = {}): PasswordRehash => ({
    credentialId,
    replaced: sha256(bcrypt),
    hash: strong,
    ...more,
  });
  const report = (...rehashes: PasswordRehash[]): void =>
    node.send({ type: 'credentialReport', uses: [], rehashes });
  /** Resolves once the control plane has stored the hash. */
  const until = (id: string): Promise<void> =>
    eventually(async () => (await stored(id)) === strong, 'the hash was not stored');

  it('replace the imported ones, in one revision that names the node', async () => {
    const ids = [await create('first'), await create('second')];
    const revision = async (): Promise<number> =>
      Number(
        (await api.sql<{ head: string }>('SELECT max(revision) AS head FROM revision'))[0]?.head,
      );
    const before = await revision();
    // Several processes and nodes may have verified the password.
    report(...ids.map((id) => rehash(id)), ...ids.map((id) => rehash(id)));
    for (const id of ids) await until(id);
    const after = await revision();
    expect(after).toBe(before + 1);
    const { body } = await api.get(`/v1/revisions/${after}`);
    expect(body).toMatchObject({ actor: 'node edge-1' });
    expect(JSON.stringify(body)).not.toContain('$argon2id$');
    await node.until(() => node.revision === after);
    for (const id of ids) expect(node.records.get(id)?.json).toContain(strong);
    // A second report finds nothing to replace.
    const witness = await create('witness-of-the-second-report');
    report(...ids.map((id) => rehash(id)), rehash(witness));
    await until(witness);
    expect(await revision()).toBe(after + 2);
  });

  it('replace nothing else', async () => {
    const own = await hashPassword('of the operator');
    const [weak, scrypt] = [
      '$argon2id$v=19$m=4096,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAp8ArZWb2GRPPc4',
      '$scrypt$ln=12,r=8,p=1$c29tZXNhbHRzb21lc2FsdA$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAp8ArZWb2GRPPc4',
    ];
    const kept = [
      await create('own', own),
      await create('imported'),
      await create('scrypt', scrypt),
    ];
    const key = String((await api.post('/v1/consumers/acme/keys', { name: 'key' })).body['id']);
    const consumer = String((await api.get('/v1/consumers/acme')).body['id']);
    const [ownId = '', importedId = '', scryptId = ''] = kept;
    report(
      rehash(ownId, { replaced: sha256(own) }),
      rehash(scryptId, { replaced: sha256(scrypt) }),
      rehash(importedId, { replaced: sha256('another hash') }),
      rehash(importedId, { replaced: new Uint8Array(3) }),
      ...[weak, bcrypt, scrypt, 'rasmuslerdorf', '', `${strong}x`.repeat(40)].map((hash) =>
        rehash(importedId, { hash }),
      ),
      ...[key, consumer, randomUUID(), 'not an id', `'; DROP TABLE node; --`].map((id) =>
        rehash(id),
      ),
    );
    const witness = await create('witness-of-others');
    report(rehash(witness));
    await until(witness);
    const hashes: unknown[] = [];
    for (const id of kept) hashes.push(await stored(id));
    expect(hashes).toEqual([own, bcrypt, scrypt]);
    expect(await stored(key)).toBeNull();
  });

  it('are not taken from a stream that others on the network could read', async () => {
    // A machine without a network has no such stream.
    if (address === undefined) return;
    const remote = new FixtureNode(port, { id: 'edge-2', host: address });
    try {
      await remote.until(() => remote.revision > 0);
      const [remoteId, localId] = [await create('remote'), await create('local')];
      const uses = [{ credentialId: remoteId, secondsAgo: 0 }];
      remote.send({ type: 'credentialReport', uses, rehashes: [rehash(remoteId)] });
      const isUsed = async (): Promise<boolean> =>
        (await api.sql('SELECT FROM credential_usage WHERE credential = $1', [remoteId])).length >
        0;
      await eventually(isUsed, 'the use was not stored');
      report(rehash(localId));
      await until(localId);
      expect(await stored(remoteId)).toBe(bcrypt);
    } finally {
      remote.close();
    }
  });
});

/** Waits until a condition holds; reports are stored every two seconds. */
async function eventually(condition: () => Promise<boolean>, fault: string): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(fault);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
