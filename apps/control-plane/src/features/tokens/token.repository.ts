import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { GatewayError } from '@sluice/errors';
import { Name, isId } from '@sluice/schema';
import { In, MoreThan, Repository } from 'typeorm';
import type { Caller } from '../../platform/auth/role.ts';
import { violates } from '../../platform/database/database-errors.ts';
import { Database } from '../../platform/database/database.ts';
import type { Transaction } from '../../platform/database/database.ts';
import { TokenEntity } from './token.entity.ts';

/** A token without its hash, as it may be shown. */
export type StoredToken = Readonly<Omit<TokenEntity, 'hash'>>;

/** The values of a new token. */
export type NewToken = Pick<TokenEntity, 'id' | 'name' | 'hash' | 'role' | 'expiresAt'>;

/** The columns of a {@link StoredToken}. Hashes are compared but never read. */
const shown = {
  id: true,
  name: true,
  role: true,
  createdAt: true,
  expiresAt: true,
  lastUsedAt: true,
} as const;

/** The tokens of the Admin API, as rows of `admin_token`. */
@Injectable()
export class TokenRepository {
  constructor(
    @InjectRepository(TokenEntity) private readonly tokens: Repository<TokenEntity>,
    private readonly database: Database,
  ) {}

  /**
   * @throws GatewayError name_taken when another token has the name; the transaction can then only
   * be rolled back.
   */
  async insert(transaction: Transaction, token: NewToken): Promise<StoredToken> {
    const tokens = transaction.repository(TokenEntity);
    try {
      await tokens.insert(token);
    } catch (error) {
      if (!violates(error, 'admin_token_name_taken')) throw error;
      throw new GatewayError('name_taken', {
        errors: [{ pointer: '/name', detail: 'is already taken' }],
        cause: error,
      });
    }
    return tokens.findOneOrFail({ select: shown, where: { id: token.id } });
  }

  /** Finds a token; undefined when it does not exist. */
  async find(idOrName: string): Promise<StoredToken | undefined> {
    if (!isId(idOrName) && !Name.safeParse(idOrName).success) return undefined;
    const where = isId(idOrName) ? { id: idOrName } : { name: idOrName };
    return (await this.tokens.findOne({ select: shown, where })) ?? undefined;
  }

  /** Lists tokens in the order of their names. */
  async list(afterName: string | undefined, limit: number): Promise<StoredToken[]> {
    const where = afterName === undefined ? {} : { name: MoreThan(afterName) };
    return this.tokens.find({ select: shown, where, order: { name: 'ASC' }, take: limit });
  }

  /** Deletes a token; returns false when it did not exist. */
  async delete(id: string): Promise<boolean> {
    const { affected } = await this.tokens.delete({ id });
    return affected === 1;
  }

  /**
   * Returns the callers of tokens that exist and have not expired, by hash, and updates their last
   * use.
   */
  async use(hashes: readonly string[]): Promise<Map<string, Caller>> {
    // SQL, because the clock of the database, the same for all replicas, decides which tokens have
    // expired, and because every request to the Admin API waits for this query.
    const rows = await this.database.query<Caller & { hash: string; isNoted: boolean }>(
      `SELECT hash, id AS "tokenId", name, role, coalesce(last_used_at > now() - interval '1 minute', false) AS "isNoted"
       FROM admin_token WHERE hash = ANY($1::text[]) AND (expires_at IS NULL OR expires_at > now())`,
      [hashes],
    );
    const unnoted = rows.filter(({ isNoted }) => !isNoted).map(({ tokenId }) => tokenId);
    if (unnoted.length > 0)
      await this.tokens.update({ id: In(unnoted) }, { lastUsedAt: () => 'now()' });
    return new Map(rows.map(({ hash, tokenId, name, role }) => [hash, { tokenId, name, role }]));
  }
}
