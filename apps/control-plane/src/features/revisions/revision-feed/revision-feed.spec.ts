import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createTestDatabase } from '@sluice/testkit';
import type { TestDatabase } from '@sluice/testkit';
import { KeptLog, Replica } from '../../../testing/replica.ts';
import { RevisionFeed } from './revision-feed.ts';
import type { RevisionFeedOptions } from './revision-feed.ts';

/** A proxy to the database, whose connections can be cut or blocked. */
class Cable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  isCut = false;

  private constructor(target: URL) {
    this.#server = createServer((near) => {
      if (this.isCut) {
        near.destroy();
        return;
      }
      const far = connect(Number(target.port), target.hostname);
      near.pipe(far).pipe(near);
      for (const socket of [near, far]) {
        this.#sockets.add(socket);
        socket.on('error', () => undefined);
      }
    });
  }

  static async lay(databaseUrl: string): Promise<{ cable: Cable; url: string }> {
    const url = new URL(databaseUrl);
    const cable = new Cable(new URL(databaseUrl));
    cable.#server.listen(0, '127.0.0.1');
    await once(cable.#server, 'listening');
    url.port = String((cable.#server.address() as AddressInfo).port);
    return { cable, url: url.href };
  }

  /** Keeps the connections open but forwards no bytes. */
  block(): void {
    for (const socket of this.#sockets) socket.unpipe().pause();
  }

  cut(): void {
    this.isCut = true;
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
  }

  async remove(): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

let database: TestDatabase;
let writer: Replica;
let cable: Cable;
let log: KeptLog;
let feed: RevisionFeed;
let url: string;
const gateway = randomUUID();

function follow(options: Partial<RevisionFeedOptions> = {}): RevisionFeed {
  log = new KeptLog();
  feed = new RevisionFeed({ databaseUrl: url, ...options }, log);
  feed.start();
  return feed;
}

const consumer = (username: string, id: string = randomUUID()) =>
  ({ kind: 'consumer', id, spec: { username } }) as const;

async function until(condition: () => boolean, ms = 5_000): Promise<void> {
  for (const deadline = performance.now() + ms; !condition();) {
    if (performance.now() > deadline)
      throw new Error(`still waiting at revision ${feed.revision}: ${log.lines.join('')}`);
    await sleep(5);
  }
}

beforeEach(async () => {
  database = await createTestDatabase();
  writer = await Replica.start(database.url);
  await writer.commit({ kind: 'gateway', id: gateway, spec: { name: 'default' } });
  ({ cable, url } = await Cable.lay(database.url));
});

afterEach(async () => {
  await feed.stop();
  await cable.remove();
  await writer.stop();
  await database.drop();
});

describe('RevisionFeed', () => {
  it('loads the configuration, then reads every commit at its notification', async () => {
    await writer.commit(consumer('a'));
    follow({ pollMs: 60_000 });
    await until(() => feed.ready);
    expect(feed.revision).toBe(2);
    const seen: [number, string[]][] = [];
    feed.onAdvance((concerned) => seen.push([feed.revision, [...concerned]]));
    await writer.commit(consumer('b'));
    await until(() => feed.revision === 3);
    await writer.commit({ kind: 'service', id: randomUUID(), spec: { name: 'unused' } });
    await until(() => feed.revision === 4);
    expect(seen).toEqual([
      [3, [gateway]],
      [4, []],
    ]);
    expect(feed.view(gateway)?.setHash()).toEqual(writer.feed.view(gateway)?.setHash());
  });

  it('polls for commits without a notification', async () => {
    follow({ pollMs: 50 });
    await until(() => feed.ready);
    await writer.database.query(
      `WITH head AS (UPDATE config_head SET revision = revision + 1 RETURNING revision),
       entry AS (INSERT INTO revision (revision, actor, request_id) SELECT revision, '', '' FROM head)
       INSERT INTO change (revision, ordinal, kind, resource_id, name, after) SELECT revision, 1, 'consumer', $1, 'x', '{"username":"x"}' FROM head`,
      [randomUUID()],
    );
    await until(() => feed.revision === 2, 1_000);
  });

  it('reaches the state of the database after concurrent commits and rollbacks', async () => {
    follow();
    await until(() => feed.ready);
    const ids = Array.from({ length: 5 }, () => randomUUID());
    await Promise.all(
      Array.from({ length: 60 }, async (_, index) => {
        const id = ids[index % ids.length] as string;
        if (index % 4 === 0) {
          await writer.database
            .transaction(async (sql) => {
              await sql.query('UPDATE config_head SET revision = revision + 1');
              throw new Error('rolled back');
            })
            .catch(() => undefined);
        } else await writer.commit(consumer(`${id}-${index}`, id));
      }),
    );
    await until(() => feed.revision === 46);
    const reloaded = new RevisionFeed({ databaseUrl: database.url }, new KeptLog());
    reloaded.start();
    await reloaded.refreshed(5_000);
    expect(reloaded.view(gateway)?.setHash()).toEqual(feed.view(gateway)?.setHash());
    await reloaded.stop();
  });

  it('keeps its state while the database is unavailable, logs that once, and catches up', async () => {
    follow({ pollMs: 50 });
    await until(() => feed.ready);
    const view = feed.view(gateway);
    cable.cut();
    expect(await feed.refreshed(200)).toBe(false);
    await writer.commit(consumer('meanwhile'));
    await sleep(1_200);
    expect([feed.revision, feed.view(gateway)]).toEqual([1, view]);
    cable.isCut = false;
    await until(() => feed.revision === 2);
    expect(feed.view(gateway)).toBe(view);
    const messages = log.lines.map((line) => (JSON.parse(line) as { message: string }).message);
    expect(messages).toEqual([
      'loaded the configuration',
      'the config feed lost the database; nodes keep what they have',
      'the config feed reaches the database again',
    ]);
  });

  it('abandons a connection that no longer answers', async () => {
    follow({ pollMs: 50, queryMs: 300 });
    await until(() => feed.ready);
    cable.block();
    await writer.commit(consumer('meanwhile'));
    await until(() => feed.revision === 2);
  });

  it('can start before the database', async () => {
    cable.isCut = true;
    follow();
    expect(await feed.refreshed(300)).toBe(false);
    expect([feed.ready, feed.revision, feed.epoch, feed.view(gateway)]).toEqual([
      false,
      0,
      '',
      undefined,
    ]);
    cable.isCut = false;
    await until(() => feed.ready);
  });

  it.each([
    ['was replaced', 'UPDATE config_head SET epoch = gen_random_uuid()'],
    ['was restored to an earlier revision', 'UPDATE config_head SET revision = 1'],
  ])('reloads the configuration when the database %s', async (_, statement) => {
    await writer.commit(consumer('a'));
    follow({ pollMs: 50 });
    await until(() => feed.ready);
    const view = feed.view(gateway);
    await writer.database.query(statement);
    await until(() => feed.view(gateway) !== view);
    const [{ epoch, revision } = { epoch: '', revision: '' }] = await writer.database.query<{
      epoch: string;
      revision: string;
    }>('SELECT epoch, revision FROM config_head');
    expect([feed.epoch, feed.revision]).toEqual([epoch, Number(revision)]);
    expect(view).toBeDefined();
  });

  it('resolves refreshed() after a read that began after the call', async () => {
    follow({ pollMs: 60_000 });
    await writer.commit(consumer('a'));
    expect(await feed.refreshed(5_000)).toBe(true);
    expect(feed.revision).toBe(2);
  });
});
