import { setTimeout as sleep } from 'node:timers/promises';
import type { Kind, Spec } from '@sluice/config';
import pg from 'pg';
import type { ResourceState } from './resource-set.ts';

const connectMs = 3_000;
const farewellMs = 1_000;
/** Revisions read at once, and rows fetched at once while loading: bounds both memory and stalls. */
const revisionsPerRead = 500;
const rowsPerFetch = 500;

/** Where the configuration stands. */
export interface Head {
  /** Identity of the database; another one means that revisions cannot be compared. */
  readonly epoch: string;
  readonly revision: number;
}

/** Consecutive revisions, oldest first. */
export interface RevisionBatch {
  /** The newest revision there is; more may have to be read to get there. */
  readonly head: Head;
  readonly revisions: readonly { readonly revision: number; readonly states: readonly ResourceState[] }[];
}

interface ChangeRow {
  readonly epoch: string;
  readonly head: string;
  readonly revision: string | null;
  readonly kind: Kind;
  readonly id: string;
  readonly after: Spec | null;
}

/**
 * One connection of our own: NOTIFY wakes us through it, and the changes are read through it. Nothing in it waits for
 * ever. It does not reconnect; who uses it makes another one.
 */
export class ChangeReader {
  private readonly client: pg.Client;

  private constructor(databaseUrl: string, queryMs: number, onWake: () => void, onLost: (error: Error) => void) {
    this.client = new pg.Client({
      connectionString: databaseUrl,
      application_name: 'sluice-config-feed',
      connectionTimeoutMillis: connectMs,
      query_timeout: queryMs,
      statement_timeout: queryMs,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
    });
    this.client.on('notification', onWake);
    this.client.on('error', onLost);
    this.client.on('end', () => onLost(new Error('the database closed the connection')));
  }

  /** Connects and listens. Rejects when that does not work within seconds. No query may take longer than `queryMs`. */
  static async open(databaseUrl: string, queryMs: number, onWake: () => void, onLost: (error: Error) => void): Promise<ChangeReader> {
    const reader = new ChangeReader(databaseUrl, queryMs, onWake, onLost);
    try {
      await reader.client.connect();
      await reader.client.query('LISTEN sluice_revision');
      return reader;
    } catch (error) {
      await reader.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    const cancel = new AbortController();
    // A server that no longer answers would let a polite farewell wait for ever.
    const late = sleep(farewellMs, undefined, { signal: cancel.signal }).catch(() => undefined);
    await Promise.race([this.client.end().catch(() => undefined), late]);
    cancel.abort();
  }

  /** Reads everything at one revision. `take` gets it in parts. */
  async load(begin: (head: Head) => void, take: (states: readonly ResourceState[]) => void): Promise<void> {
    await this.client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    try {
      const { rows } = await this.client.query<{ epoch: string; revision: string }>('SELECT epoch, revision FROM config_head');
      const [head] = rows;
      if (head === undefined) throw new Error('config_head has no row: the database was not migrated');
      begin({ epoch: head.epoch, revision: Number(head.revision) });
      await this.client.query('DECLARE resources NO SCROLL CURSOR FOR SELECT kind, id, spec FROM resource');
      for (;;) {
        const fetched = await this.client.query<ResourceState>(`FETCH ${rowsPerFetch} FROM resources`);
        if (fetched.rows.length === 0) break;
        take(fetched.rows);
      }
    } finally {
      await this.client.query('ROLLBACK').catch(() => undefined);
    }
  }

  /** The next revisions after one, in the order they were committed. */
  async changesAfter(revision: number): Promise<RevisionBatch> {
    const { rows } = await this.client.query<ChangeRow>(
      `SELECT epoch, config_head.revision AS head, change.revision, kind, resource_id AS id, after
       FROM config_head LEFT JOIN change ON change.revision > $1::bigint AND change.revision <= $1::bigint + ${revisionsPerRead}
       ORDER BY change.revision, ordinal`,
      [revision],
    );
    const [first] = rows;
    if (first === undefined) throw new Error('config_head has no row: the database was not migrated');
    const head = { epoch: first.epoch, revision: Number(first.head) };
    const states = new Map<number, ResourceState[]>();
    for (let next = revision + 1; next <= Math.min(head.revision, revision + revisionsPerRead); next++) states.set(next, []);
    for (const row of rows) {
      if (row.revision !== null) states.get(Number(row.revision))?.push({ kind: row.kind, id: row.id, spec: row.after });
    }
    return { head, revisions: [...states].map(([number, list]) => ({ revision: number, states: list })) };
  }
}
