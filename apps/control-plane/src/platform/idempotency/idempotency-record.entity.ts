import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A stored response, which repetitions of its request get. */
@Entity('idempotency_record')
export class IdempotencyRecordEntity {
  @PrimaryColumn('uuid', { name: 'token_id' })
  tokenId!: string;

  /** SHA-256 of the Idempotency-Key, hex. */
  @PrimaryColumn('text')
  key!: string;

  @Column('text', { name: 'request_hash' })
  requestHash!: string;

  @Column('integer')
  status!: number;

  @Column('jsonb')
  headers!: Readonly<Record<string, string>>;

  @Column('jsonb')
  body!: object;

  /** The secret members of the response, encrypted. */
  @Column('text', { nullable: true })
  sealed!: string | null;

  @Column('timestamptz', { name: 'created_at', default: () => 'now()' })
  createdAt!: Date;
}
