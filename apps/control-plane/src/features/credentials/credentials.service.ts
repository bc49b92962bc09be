import { createHmac } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { credentialTypes, fieldErrors, isCredentialType } from '@sluice/config';
import type { FieldError } from '@sluice/errors';
import { Answer } from '../../platform/http/answer.ts';
import { contentFault } from '../../platform/http/content-fault.ts';
import type { EntityTags } from '../../platform/http/etag.ts';
import type { WriteRequest } from '../../platform/http/write-request.ts';
import type { CollectionAlias } from '../resources/collection-alias.ts';
import type { Representation } from '../resources/presentation.ts';
import { withoutStoredMembers } from '../resources/read-only-members.ts';
import { ResourceService } from '../resources/resource.service.ts';
import type { ListScope } from '../resources/resource.service.ts';
import { ResourceWriter } from '../resources/resource-writer.ts';
import type { Address } from '../resources/resource-writer.ts';
import { isRecord } from '../resources/is-record.ts';
import { WriteAnswers } from '../resources/write-answers.ts';
import type { CredentialListQuery, KeyListQuery } from './credential-list-query.ts';
import { PasswordHashing } from './password-hashing.ts';
import type { Content, CredentialHandler, HandlerServices } from './types/credential-handler.ts';
import { credentialHandlers } from './types/index.ts';
import { CredentialUsageService } from './reports/credential-usage.service.ts';

/** The members of every type that PATCH may change. */
const changeable = ['name', 'expiresAt', 'disabled', 'tags'];

/**
 * The credentials of a consumer. An alias restricts them to one type under a path of its own, with
 * the type left out.
 */
@Injectable()
export class CredentialsService {
  private readonly services: HandlerServices;

  constructor(
    private readonly resources: ResourceService,
    private readonly writer: ResourceWriter,
    private readonly answers: WriteAnswers,
    private readonly usage: CredentialUsageService,
    passwords: PasswordHashing,
  ) {
    this.services = { passwords };
  }

  async create(
    consumer: string,
    content: unknown,
    write: WriteRequest,
    alias?: CollectionAlias,
  ): Promise<Answer> {
    const { id: scope } = await this.resources.find('consumer', consumer);
    const { handler, input } = parseInput(content, alias);
    const { stored, secrets } = await handler.create(input, this.services);
    const spec = { ...withoutFalse(stored), consumer: scope };
    const creation = { scope, spec, secrets, alias };
    const hashed = withoutSecrets(content, handler, write);
    return this.answers.of(await this.writer.create('credential', hashed, write, creation), write);
  }

  async list(
    consumer: string,
    query: CredentialListQuery | KeyListQuery,
    alias?: CollectionAlias,
  ): Promise<Answer> {
    const { id: scope } = await this.resources.find('consumer', consumer);
    return this.listWithin(query, { scope, alias });
  }

  /** Lists the credentials of all consumers, in the order of their ids. */
  listAll(query: CredentialListQuery): Promise<Answer> {
    return this.listWithin(query, { isOfAnyOwner: true });
  }

  async get(
    consumer: string,
    credential: string,
    ifNoneMatch: EntityTags,
    alias?: CollectionAlias,
  ): Promise<Answer> {
    const { id: scope } = await this.resources.find('consumer', consumer);
    const answer = await this.resources.get('credential', credential, ifNoneMatch, scope, alias);
    return this.withLastUses(answer);
  }

  /**
   * Changes the name, the tags, the expiry, `disabled`, or what else the type allows. Other members may be sent
   * back as they were read. A rotation needs a second credential, so that both are valid during it.
   */
  async patch(
    consumer: string,
    credential: string,
    content: unknown,
    write: WriteRequest,
    alias?: CollectionAlias,
  ): Promise<Answer> {
    const { id: scope } = await this.resources.find('consumer', consumer);
    const { spec } = await this.resources.find('credential', credential, scope, alias);
    const stored = await this.resources.representation('credential', credential, scope, alias);
    const handler = credentialHandlers[spec.type];
    const allowed = [...changeable, ...handler.changeable];
    const patch = withoutStoredMembers(
      'credential',
      withoutLastUse(content),
      stored,
      (name) => !allowed.includes(name),
    );
    const fixed = isRecord(patch)
      ? Object.keys(patch).filter((name) => !allowed.includes(name))
      : [];
    if (fixed.length > 0) {
      const errors = fixed.map((name) => ({
        pointer: `/${name}`,
        detail: `cannot be changed; ${allowed.join(', ')} can`,
      }));
      throw contentFault(errors);
    }
    const change =
      handler.change === undefined || !isRecord(patch)
        ? patch
        : await handler.change(patch, this.services);
    const merged = isRecord(change) && change['disabled'] === false ? enabled(change) : change;
    const address: Address<'credential'> = {
      kind: 'credential',
      scope,
      idOrName: credential,
      alias,
    };
    return this.answers.of(await this.writer.patch(address, merged, write), write);
  }

  private async listWithin(query: CredentialListQuery, within: ListScope): Promise<Answer> {
    const { type, unused: unusedSeconds, expiring: expiringSeconds, ...page } = query;
    const credentials = { unusedSeconds, expiringSeconds };
    const answer = await this.resources.list('credential', page, { ...within, type, credentials });
    return this.withLastUses(answer);
  }

  /** Adds the last use to each credential of a response. It is not part of the entity tag. */
  private async withLastUses(answer: Answer): Promise<Answer> {
    const { status, body, headers } = answer;
    if (body === undefined) return answer;
    const page =
      'data' in body ? (body as { readonly data: readonly Representation[] }) : undefined;
    const shown = page === undefined ? [body as Representation] : page.data;
    const uses = await this.usage.lastUses(shown.map(({ id }) => id));
    const [first, ...rest] = shown.map((each) => withLastUse(each, uses.get(each.id)));
    const changed = page === undefined ? first : { ...page, data: first ? [first, ...rest] : [] };
    return new Answer(status, changed, headers);
  }

  async revoke(
    consumer: string,
    credential: string,
    write: WriteRequest,
    alias?: CollectionAlias,
  ): Promise<Answer> {
    const { id: scope } = await this.resources.find('consumer', consumer);
    const address: Address<'credential'> = {
      kind: 'credential',
      scope,
      idOrName: credential,
      alias,
    };
    return this.answers.of(await this.writer.remove(address, write), write);
  }
}

/** Finds the type of a creation and validates its content. */
function parseInput(
  content: unknown,
  alias: CollectionAlias | undefined,
): { readonly handler: CredentialHandler; readonly input: Content } {
  const type = alias?.type ?? (isRecord(content) ? content['type'] : undefined);
  if (!isCredentialType(type)) throw contentFault([unknownType(content, type)]);
  const handler = credentialHandlers[type];
  const schema = credentialTypes[type].input;
  const parsed = (alias === undefined ? schema : schema.omit({ type: true })).safeParse(content);
  const errors: FieldError[] = parsed.success ? [] : fieldErrors(parsed.error);
  if (isRecord(content)) {
    const known = new Set(errors.map(({ pointer }) => pointer));
    const more = [...(handler.faults?.(content) ?? []), ...expired(content)];
    errors.push(...more.filter(({ pointer }) => !known.has(pointer)));
  }
  if (!parsed.success || errors.length > 0) throw contentFault(errors);
  return { handler, input: { ...(parsed.data as Content), type } };
}

function withLastUse(shown: Representation, lastUsedAt: Date | undefined): Representation {
  if (lastUsedAt === undefined) return shown;
  const { createdAt, updatedAt, ...members } = shown;
  return {
    ...members,
    lastUsedAt: lastUsedAt.toISOString(),
    createdAt,
    updatedAt,
  } as Representation;
}

/** A resource may be sent back as it was read, also when it was used meanwhile. */
function withoutLastUse(content: unknown): unknown {
  if (!isRecord(content) || typeof content['lastUsedAt'] !== 'string') return content;
  const { lastUsedAt: _lastUsedAt, ...others } = content;
  return others;
}

/** A credential that is not disabled is stored without the property, as one of earlier releases. */
function withoutFalse({ disabled, ...others }: Content): Content {
  return disabled === true ? { ...others, disabled } : others;
}

/** Removes the property; see {@link withoutFalse}. */
function enabled(patch: Content): Content {
  return { ...patch, disabled: null };
}

function unknownType(content: unknown, type: unknown): FieldError {
  if (!isRecord(content)) return { pointer: '', detail: 'expected an object' };
  const known = Object.keys(credentialTypes).map((each) => `"${each}"`);
  const detail = type === undefined ? 'is required: one of' : 'must be one of';
  return { pointer: '/type', detail: `${detail} ${known.join(', ')}` };
}

/** A credential that has expired already could never be used. */
function expired({ expiresAt }: Content): FieldError[] {
  const isPast = typeof expiresAt === 'string' && Date.parse(expiresAt) <= Date.now();
  return isPast ? [{ pointer: '/expiresAt', detail: 'is in the past' }] : [];
}

/**
 * The content whose hash is stored to recognise repetitions. A password is replaced by its HMAC
 * under the key of the request: its plain hash could be tried out against lists of passwords.
 */
function withoutSecrets(
  content: unknown,
  { secretInput }: CredentialHandler,
  { idempotency }: WriteRequest,
): unknown {
  if (!isRecord(content) || idempotency === undefined) return content;
  const { sealingKey } = idempotency;
  return Object.fromEntries(
    Object.entries(content).map(([name, value]) =>
      secretInput.includes(name)
        ? [name, createHmac('sha256', sealingKey).update(String(value)).digest('hex')]
        : [name, value],
    ),
  );
}
