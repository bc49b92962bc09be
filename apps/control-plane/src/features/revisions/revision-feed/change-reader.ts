import { setTimeout as sleep } from 'node:timers/promises';
import type { Kind, SchemaRules, Spec } from '@sluice/config';
import pg from 'pg';
import type { ResourceState } from './resource-set.ts';
import type { RevisionOrigin } from './revision-origin.ts';

const connectMs = 3_000;
const farewellMs = 1_000;
/**
 * Revisions per read and rows per fetch. They bound memory and the time that the event loop is
 * blocked.
 */
const revisionsPerRead = 500;
const rowsPerFetch = 500;

/** The newest revision of a database. */
export interface Head {
  /** Identity of the database. Revisions of different epochs cannot be compared. */
  readonly epoch: string;
  readonly revision: number;
  /** The latest schema level of the control planes that have used the database. */
  readonly level: number;
}

/** One revision: what it left, and where it comes from. */
export interface ReadRevision {
  readonly revision: number;
  readonly states: readonly ResourceState[];
  readonly origin: RevisionOrigin;
}

/** Consecutive revisions, oldest first. */
export interface RevisionBatch {
  /** The newest revision. Reaching it may take further reads. */
  readonly head: Head;
  readonly revisions: readonly ReadRevision[];
}

interface ChangeRow {
  readonly epoch: string;
  readonly level: number | null;
  readonly head: string;
  readonly revision: string | null;
  readonly kind: Kind;
  readonly id: string;
  readonly after: Spec | null;
  readonly traceparent: string | null;
  /**
   * Milliseconds since the commit, by the clock of the database: the clocks of two machines are
   * never compared.
   */
  readonly ageMs: number | null;
}

/**
 * Reads changes over a dedicated connection, which also receives NOTIFY. Every wait has a timeout.
 * The reader does not reconnect; its user opens another one.
 */
export class ChangeReader {
  private readonly client: pg.Client;

  private constructor(
    databaseUrl: string,
    queryMs: number,
    onWake: () => void,
    onLost: (error: Error) => void,
  ) {
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

  /**
   * Connects and listens. Rejects when that fails or takes too long. `queryMs` is the timeout of
   * every query.
   */
  static async open(
    databaseUrl: string,
    queryMs: number,
    onWake: () => void,
    onLost: (error: Error) => void,
  ): Promise<ChangeReader> {
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
    // Closing a connection to a server that no longer answers would never finish.
    const late = sleep(farewellMs, undefined, { signal: cancel.signal }).catch(() => undefined);
    await Promise.race([this.client.end().catch(() => undefined), late]);
    cancel.abort();
  }

  /** Reads all resources at one revision. `take` receives them in batches. */
  async load(
    begin: (head: Head) => void,
    take: (states: readonly ResourceState[]) => void,
  ): Promise<void> {
    await this.client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    try {
      const { rows } = await this.client.query<{
        epoch: string;
        revision: string;
        level: number | null;
      }>('SELECT epoch, revision, (SELECT max(level) FROM schema_rules) AS level FROM config_head');
      const [head] = rows;
      if (head === undefined)
        throw new Error('config_head has no row: the database was not migrated');
      begin({ epoch: head.epoch, revision: Number(head.revision), level: head.level ?? 0 });
      await this.client.query(
        'DECLARE resources NO SCROLL CURSOR FOR SELECT kind, id, spec FROM resource',
      );
      for (;;) {
        const fetched = await this.client.query<ResourceState>(
          `FETCH ${rowsPerFetch} FROM resources`,
        );
        if (fetched.rows.length === 0) break;
        take(fetched.rows);
      }
    } finally {
      await this.client.query('ROLLBACK').catch(() => undefined);
    }
  }

  /** Reads the schema rules of the latest level. */
  async rules(): Promise<SchemaRules | undefined> {
    const { rows } = await this.client.query<SchemaRules>(
      'SELECT level, kinds FROM schema_rules ORDER BY level DESC LIMIT 1',
    );
    return rows[0];
  }

  /** Reads the next revisions after `revision`, in commit order. */
  async changesAfter(revision: number): Promise<RevisionBatch> {
    const { rows } = await this.client.query<ChangeRow>(
      `SELECT epoch, config_head.revision AS head, (SELECT max(level) FROM schema_rules) AS level, change.revision, kind, resource_id AS id, after, traceparent,
              (extract(epoch FROM clock_timestamp() - committed_at) * 1000)::float8 AS "ageMs"
       FROM config_head LEFT JOIN change ON change.revision > $1::bigint AND change.revision <= $1::bigint + ${revisionsPerRead}
            LEFT JOIN revision ON revision.revision = change.revision
       ORDER BY change.revision, ordinal`,
      [revision],
    );
    const [first] = rows;
    if (first === undefined)
      throw new Error('config_head has no row: the database was not migrated');
    const { epoch, level } = first;
    const head = { epoch, revision: Number(first.head), level: level ?? 0 };
    const readAtMs = performance.now();
    const read = new Map<number, { states: ResourceState[]; origin: RevisionOrigin }>();
    const unknown = { committedAtMs: undefined, traceparent: undefined };
    for (
      let next = revision + 1;
      next <= Math.min(head.revision, revision + revisionsPerRead);
      next++
    )
      read.set(next, { states: [], origin: unknown });
    for (const { revision: text, kind, id, after, traceparent, ageMs } of rows) {
      const entry = text === null ? undefined : read.get(Number(text));
      if (entry === undefined) continue;
      entry.states.push({ kind, id, spec: after });
      entry.origin = {
        committedAtMs: ageMs === null ? undefined : readAtMs - ageMs,
        traceparent: traceparent ?? undefined,
      };
    }
    return {
      head,
      revisions: [...read].map(([number, entry]) => ({ revision: number, ...entry })),
    };
  }
}
