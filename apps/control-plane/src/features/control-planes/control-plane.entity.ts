import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A running control-plane process. It writes its own row, and removes it when it stops. */
@Entity('control_plane')
export class ControlPlaneEntity {
  /** Chosen when the process starts. */
  @PrimaryColumn('uuid')
  id!: string;

  /** Host and process, for messages to operators. */
  @Column('text')
  name!: string;

  @Column('text')
  version!: string;

  @Column('integer', { name: 'schema_level' })
  schemaLevel!: number;

  /** The kinds of resources that it knows. */
  @Column('jsonb')
  kinds!: readonly string[];

  @Column('timestamptz', { name: 'started_at', default: () => 'now()' })
  startedAt!: Date;

  @Column('timestamptz', { name: 'last_seen_at', default: () => 'now()' })
  lastSeenAt!: Date;
}
