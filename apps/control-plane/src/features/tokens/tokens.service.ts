import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { fieldErrors } from '@sluice/config';
import { GatewayError } from '@sluice/errors';
import { CallerDirectory } from '../../platform/auth/caller-directory.ts';
import type { Caller } from '../../platform/auth/role.ts';
import { createSecret, hashSecret } from '../../platform/auth/secret.ts';
import { Database } from '../../platform/database/database.ts';
import { Answer } from '../../platform/http/answer.ts';
import { cursorKeys, decodeCursor } from '../../platform/http/cursor.ts';
import { contentFault } from '../../platform/http/content-fault.ts';
import { pageOf } from '../../platform/http/list-query.ts';
import type { PageQuery } from '../../platform/http/list-query.ts';
import { requestHash } from '../../platform/http/write-request.ts';
import type { WriteRequest } from '../../platform/http/write-request.ts';
import { IdempotencyRepository } from '../../platform/idempotency/idempotency.repository.ts';
import { seal } from '../../platform/idempotency/idempotency.ts';
import { TokenInput } from './token-input.ts';
import { TokenLookup } from './token-lookup.ts';
import { TokenRepository } from './token.repository.ts';
import type { StoredToken } from './token.repository.ts';

/**
 * The tokens of the Admin API. They are not part of the configuration, so changes to them create no
 * revisions.
 */
@Injectable()
export class TokensService implements CallerDirectory {
  private readonly lookup = new TokenLookup((hashes) => this.tokens.use(hashes));

  constructor(
    private readonly database: Database,
    private readonly tokens: TokenRepository,
    private readonly idempotency: IdempotencyRepository,
  ) {}

  findCaller(hash: string): Promise<Caller | undefined> {
    return this.lookup.find(hash);
  }

  /** Creates a token. Only this response contains the token itself. */
  async create(content: unknown, write: WriteRequest): Promise<Answer> {
    const parsed = TokenInput.safeParse(content);
    if (!parsed.success) throw contentFault(fieldErrors(parsed.error));
    const { name, role, expiresAt } = parsed.data;
    const secrets = { token: createSecret('sla') };
    const hash = requestHash(write, content);
    return this.database.transaction(async (transaction) => {
      const recalled = await this.idempotency.recall(transaction, write.idempotency, hash);
      if (recalled !== undefined)
        return new Answer(recalled.status, recalled.body, {
          ...recalled.headers,
          'Idempotency-Replayed': 'true',
        });
      const token = await this.tokens.insert(transaction, {
        id: randomUUID(),
        name,
        hash: hashSecret(secrets.token),
        role,
        expiresAt: expiresAt === undefined ? null : new Date(expiresAt),
      });
      const body = present(token);
      const headers = { Location: `/v1/tokens/${token.id}` };
      if (write.idempotency !== undefined) {
        const { tokenId, key, sealingKey } = write.idempotency;
        await this.idempotency.keep(transaction, {
          tokenId,
          key,
          requestHash: hash,
          status: 201,
          headers,
          body,
          sealed: seal(sealingKey, secrets),
        });
      }
      return new Answer(201, { ...body, ...secrets }, headers);
    });
  }

  async list({ limit, after }: PageQuery): Promise<Answer> {
    const rows = await this.tokens.list(
      after === undefined ? undefined : decodeCursor(after, cursorKeys.name),
      limit + 1,
    );
    return Answer.ok(pageOf(rows, limit, present, ({ name }) => name));
  }

  async get(idOrName: string): Promise<Answer> {
    return Answer.ok(present(await this.find(idOrName)));
  }

  async remove(idOrName: string): Promise<Answer> {
    const { id } = await this.find(idOrName);
    await this.tokens.delete(id);
    return Answer.noContent();
  }

  private async find(idOrName: string): Promise<StoredToken> {
    const token = await this.tokens.find(idOrName);
    if (token === undefined)
      throw new GatewayError('resource_not_found', {
        detail: `there is no token ${JSON.stringify(idOrName.slice(0, 64))}`,
      });
    return token;
  }
}

function present({ id, name, role, createdAt, expiresAt, lastUsedAt }: StoredToken): object {
  return {
    id,
    name,
    role,
    createdAt: createdAt.toISOString(),
    ...(expiresAt === null ? {} : { expiresAt: expiresAt.toISOString() }),
    ...(lastUsedAt === null ? {} : { lastUsedAt: lastUsedAt.toISOString() }),
  };
}
