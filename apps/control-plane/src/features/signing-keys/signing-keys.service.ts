import { Injectable } from '@nestjs/common';
import { fieldErrors, SigningKeyInput } from '@sluice/config';
import type { Spec } from '@sluice/config';
import type { FieldError } from '@sluice/errors';
import type { Answer } from '../../platform/http/answer.ts';
import { contentFault } from '../../platform/http/content-fault.ts';
import type { EntityTags } from '../../platform/http/etag.ts';
import type { ListQuery } from '../../platform/http/list-query.ts';
import type { WriteRequest } from '../../platform/http/write-request.ts';
import { KindRulesRegistry } from '../resources/kind-rules.ts';
import { ResourceService } from '../resources/resource.service.ts';
import { ResourceWriter } from '../resources/resource-writer.ts';
import type { Address } from '../resources/resource-writer.ts';
import { WriteAnswers } from '../resources/write-answers.ts';
import { generateKey } from './generate-key.ts';
import { publishAheadMs } from './signing-key-due.ts';

/** The signing keys of a gateway. */
@Injectable()
export class SigningKeysService {
  constructor(
    private readonly resources: ResourceService,
    private readonly writer: ResourceWriter,
    private readonly answers: WriteAnswers,
    rules: KindRulesRegistry,
  ) {
    rules.register('signingKey', { check: unchanged });
  }

  /** Creates a key that replaces the current one from `activeAt` on. */
  async create(gateway: string, content: unknown, write: WriteRequest): Promise<Answer> {
    const { id: scope } = await this.resources.find('gateway', gateway);
    const parsed = SigningKeyInput.safeParse(content);
    if (!parsed.success) throw contentFault(fieldErrors(parsed.error));
    const { activeAt = new Date(Date.now() + publishAheadMs).toISOString(), ...input } =
      parsed.data;
    const spec = { ...input, activeAt, gateway: scope, ...generateKey(input.use) };
    return this.answers.of(
      await this.writer.create('signingKey', content, write, { scope, spec }),
      write,
    );
  }

  async list(gateway: string, query: ListQuery): Promise<Answer> {
    const { id: scope } = await this.resources.find('gateway', gateway);
    return this.resources.list('signingKey', query, { scope });
  }

  async get(gateway: string, key: string, ifNoneMatch: EntityTags): Promise<Answer> {
    const { id: scope } = await this.resources.find('gateway', gateway);
    return this.resources.get('signingKey', key, ifNoneMatch, scope);
  }

  /** Changes the name, the tags or the instant from which the key is used. */
  async patch(
    gateway: string,
    key: string,
    content: unknown,
    write: WriteRequest,
  ): Promise<Answer> {
    const address = await this.addressOf(gateway, key);
    return this.answers.of(await this.writer.patch(address, content, write), write);
  }

  async remove(gateway: string, key: string, write: WriteRequest): Promise<Answer> {
    const address = await this.addressOf(gateway, key);
    return this.answers.of(await this.writer.remove(address, write), write);
  }

  private async addressOf(gateway: string, idOrName: string): Promise<Address<'signingKey'>> {
    const { id: scope } = await this.resources.find('gateway', gateway);
    return { kind: 'signingKey', scope, idOrName };
  }
}

const fixed = ['gateway', 'use', 'key', 'publicKey'] as const;

function unchanged(spec: Spec<'signingKey'>, before: Spec<'signingKey'> | undefined): FieldError[] {
  if (before === undefined) return [];
  return fixed
    .filter((name) => spec[name] !== before[name])
    .map((name) => ({
      pointer: `/${name}`,
      detail: 'cannot be changed: create another key instead',
    }));
}
