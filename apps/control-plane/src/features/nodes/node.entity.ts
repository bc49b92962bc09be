import type { ConfigFault, TargetHealth } from '@sluice/wire';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Node } from './node.ts';

/** The driver returns a `bigint` as text; revisions are far below 2^53. */
const revisionNumber = {
  from: (text: string | null): number | null => (text === null ? null : Number(text)),
  to: (revision: number | null): number | null => revision,
};

/** The row of a node, written by the replica to which the node is connected. */
@Entity('node')
export class NodeEntity {
  @PrimaryColumn('text')
  id!: string;

  /** Id of its gateway. */
  @Column('text', { name: 'gateway' })
  gatewayId!: string;

  @Column('text')
  version!: string;

  /** Level of the node's schemas; 0 when it does not say. */
  @Column('integer', { name: 'schema_level', default: 0 })
  schemaLevel!: number;

  @Column('jsonb', { default: [] })
  kinds!: readonly string[];

  /** False when its connection is not encrypted, so that it is sent no secrets. */
  @Column('boolean', { name: 'receives_secrets', default: true })
  receivesSecrets!: boolean;

  /** The control-plane process to which the node is or was last connected. */
  @Column('uuid')
  replica!: string;

  @Column('text')
  state!: Node['state'];

  @Column('bigint', { name: 'applied_revision', default: 0, transformer: revisionNumber })
  appliedRevision!: number;

  @Column('jsonb', { default: [] })
  faults!: readonly ConfigFault[];

  @Column('bigint', { name: 'nacked_revision', nullable: true, transformer: revisionNumber })
  nackedRevision!: number | null;

  @Column('jsonb', { default: [] })
  targets!: readonly TargetHealth[];

  @Column('timestamptz', { name: 'connected_at', default: () => 'now()' })
  connectedAt!: Date;

  @Column('timestamptz', { name: 'last_seen_at', default: () => 'now()' })
  lastSeenAt!: Date;

  /** Identity of the node's process; empty when the node does not send one. */
  @Column('text', { name: 'boot', default: '' })
  bootId!: string;

  /** False once its stream has ended. */
  @Column('boolean', { name: 'is_connected', default: true })
  isConnected!: boolean;
}
