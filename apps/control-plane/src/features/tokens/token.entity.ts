import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Role } from '../../platform/auth/role.ts';

/** An Admin API token. The token itself is not stored, only its hash. */
@Entity('admin_token')
export class TokenEntity {
  @PrimaryColumn('uuid')
  id!: string;

  /** Unique; sorted by code point. */
  @Column('text')
  name!: string;

  /** SHA-256 of the token; unique. */
  @Column('text')
  hash!: string;

  @Column('text')
  role!: Role;

  @Column('timestamptz', { name: 'created_at', default: () => 'now()' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'expires_at', nullable: true })
  expiresAt!: Date | null;

  /** Accurate to the minute. */
  @Column('timestamptz', { name: 'last_used_at', nullable: true })
  lastUsedAt!: Date | null;
}
