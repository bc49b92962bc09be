import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { NodeFault } from './applied.ts';
import type { Node, NodeTarget } from './node.ts';

/** Postgres gives a `bigint` as text; revisions are well below 2^53. */
const revisionNumber = {
  from: (text: string | null): number | null => (text === null ? null : Number(text)),
  to: (revision: number | null): number | null => revision,
};

/** A node as the replica that it is connected to has written it down. */
@Entity('node')
export class NodeEntity {
  @PrimaryColumn('text')
  id!: string;

  /** Id of its gateway. */
  @Column('text', { name: 'gateway' })
  gatewayId!: string;

  @Column('text')
  version!: string;

  /** The process of the control plane that the node is connected to, or was last. */
  @Column('uuid')
  replica!: string;

  @Column('text')
  state!: Node['state'];

  @Column('bigint', { name: 'applied_revision', default: 0, transformer: revisionNumber })
  appliedRevision!: number;

  @Column('jsonb', { default: [] })
  faults!: readonly NodeFault[];

  @Column('bigint', { name: 'nacked_revision', nullable: true, transformer: revisionNumber })
  nackedRevision!: number | null;

  @Column('jsonb', { default: [] })
  targets!: readonly NodeTarget[];

  @Column('timestamptz', { name: 'connected_at', default: () => 'now()' })
  connectedAt!: Date;

  @Column('timestamptz', { name: 'last_seen_at', default: () => 'now()' })
  lastSeenAt!: Date;

  /** Identity of the process of the node; empty when the node does not say it. */
  @Column('text', { name: 'boot', default: '' })
  bootId!: string;

  /** False once its stream has ended. */
  @Column('boolean', { name: 'is_connected', default: true })
  isConnected!: boolean;
}
