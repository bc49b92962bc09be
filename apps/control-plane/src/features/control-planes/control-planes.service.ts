import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Kind, SchemaRules } from '@sluice/config';
import { kindOf } from '@sluice/config';
import { every, faultReason, GatewayError } from '@sluice/errors';
import type { Sql } from '../../platform/database/database.ts';
import type { Logger } from '../../platform/logger.ts';
import { goneAfterSeconds } from './control-plane.repository.ts';
import type { ControlPlaneRepository, NamedControlPlane } from './control-plane.repository.ts';

const seenMs = 2_000;
/** The level of the first release that registers: every control plane in the table knows it. */
const firstLevel = 1;

/** Registers this control plane, and knows what the others that use the database can read. */
export class ControlPlanesService {
  private readonly id = randomUUID();
  private readonly name = `${hostname()}:${process.pid}`;
  private timer: NodeJS.Timeout | undefined;
  private hasFailed = false;

  constructor(
    private readonly repository: ControlPlaneRepository,
    private readonly rules: SchemaRules,
    private readonly version: string,
    private readonly logger: Logger,
  ) {}

  /** Registers this control plane. Call it before anything is written. Rejects without a database. */
  async start(): Promise<void> {
    await this.repository.storeRules(this.rules);
    await this.register();
    this.timer = every('config', seenMs, () => this.attempt(() => this.register()));
  }

  /** Signs off, so that others need not wait until this control plane counts as gone. */
  async stop(): Promise<void> {
    if (this.timer === undefined) return;
    clearInterval(this.timer);
    await this.attempt(() => this.repository.remove(this.id));
  }

  /**
   * Throws when a control plane in use does not know a kind: it would neither send the resource to
   * its nodes nor protect what the resource refers to.
   * @throws GatewayError control_plane_outdated
   */
  async requireKnown(sql: Sql, kind: Kind): Promise<void> {
    if ((kindOf(kind).since ?? 0) <= firstLevel) return;
    const older = await this.repository.withoutKind(sql, kind);
    if (older.length > 0) throw outdated(kind, older);
  }

  private register(): Promise<void> {
    const { level, kinds } = this.rules;
    return this.repository.seen({
      id: this.id,
      name: this.name,
      version: this.version,
      schemaLevel: level,
      kinds: Object.keys(kinds),
    });
  }

  /** Logs the first of consecutive failures. */
  private async attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
      this.hasFailed = false;
    } catch (error) {
      if (!this.hasFailed)
        this.logger.warn('could not register this control plane in the database', {
          reason: faultReason(error),
        });
      this.hasFailed = true;
    }
  }
}

function outdated(kind: Kind, older: readonly NamedControlPlane[]): GatewayError {
  const named = older.map(({ name, version }) => `${name} (version ${version})`).join(', ');
  return new GatewayError('control_plane_outdated', {
    detail: `the kind ${kind} is not known to all control planes that use this database: ${named}; update or stop them, then try again (one that was killed counts as connected for ${goneAfterSeconds} seconds)`,
  });
}
