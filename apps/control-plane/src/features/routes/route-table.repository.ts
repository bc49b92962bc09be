import { Injectable } from '@nestjs/common';
import type { Spec } from '@sluice/config';
import { Database } from '../../platform/database/database.ts';

/** The state of a route after a change; `spec` is null when it was deleted. */
export interface RouteState {
  readonly id: string;
  readonly spec: Spec<'route'> | null;
}

const pageSize = 2_000;

/** Reads the routes and their changes for {@link RouteTable}. */
@Injectable()
export class RouteTableRepository {
  constructor(private readonly database: Database) {}

  async head(): Promise<number> {
    const [row] = await this.database.query<{ revision: string }>(
      'SELECT revision FROM config_head',
    );
    return Number(row?.revision ?? 0);
  }

  /** Reads all routes page by page, so that the event loop is not blocked for long. */
  async *all(): AsyncGenerator<readonly RouteState[]> {
    let after: string | undefined;
    do {
      const page: RouteState[] = await this.database.query(
        `SELECT id, spec FROM resource WHERE kind = 'route' AND ($1::uuid IS NULL OR id > $1) ORDER BY id LIMIT ${pageSize}`,
        [after ?? null],
      );
      yield page;
      after = page.length < pageSize ? undefined : page.at(-1)?.id;
    } while (after !== undefined);
  }

  /**
   * Returns the changes of routes after `afterRevision`, up to and including `upToRevision`, in
   * order.
   */
  async changes(afterRevision: number, upToRevision: number): Promise<RouteState[]> {
    return this.database.query(
      `SELECT resource_id AS id, after AS spec FROM change WHERE kind = 'route' AND revision > $1 AND revision <= $2 ORDER BY revision, ordinal`,
      [afterRevision, upToRevision],
    );
  }
}
