import { Injectable } from '@nestjs/common';
import { KeyInput, fieldErrors } from '@sluice/config';
import { createSecret, hasValidChecksum } from '../../platform/auth/secret.ts';
import type { Answer } from '../../platform/http/answer.ts';
import { contentFault } from '../../platform/http/content-fault.ts';
import type { EntityTags } from '../../platform/http/etag.ts';
import type { ListQuery } from '../../platform/http/list-query.ts';
import type { WriteRequest } from '../../platform/http/write-request.ts';
import { withoutStoredMembers } from '../resources/read-only-members.ts';
import { ResourceService } from '../resources/resource.service.ts';
import { ResourceWriter } from '../resources/resource-writer.ts';
import { isRecord } from '../resources/spec-check.ts';
import { WriteAnswers } from '../resources/write-answers.ts';
import { digestOf } from './key-secret.ts';

const changeable = ['name', 'expiresAt', 'tags'];

/**
 * The keys of a consumer. Only the response to the creation shows a key; only its hash is stored
 * and streamed.
 */
@Injectable()
export class KeysService {
  constructor(
    private readonly resources: ResourceService,
    private readonly writer: ResourceWriter,
    private readonly answers: WriteAnswers,
  ) {}

  async create(consumer: string, content: unknown, write: WriteRequest): Promise<Answer> {
    const { id: scope } = await this.resources.find('consumer', consumer);
    const { key: brought, ...rest } = parseKeyInput(content);
    const key = brought ?? createSecret('slk');
    const spec = { ...rest, consumer: scope, ...digestOf(key) };
    return this.answers.of(
      await this.writer.create('key', content, write, { scope, spec, secrets: { key } }),
      write,
    );
  }

  async list(consumer: string, query: ListQuery): Promise<Answer> {
    const { id: scope } = await this.resources.find('consumer', consumer);
    return this.resources.list('key', query, { scope });
  }

  async get(consumer: string, key: string, ifNoneMatch: EntityTags): Promise<Answer> {
    const { id: scope } = await this.resources.find('consumer', consumer);
    return this.resources.get('key', key, ifNoneMatch, scope);
  }

  /**
   * Changes the name, the tags or the expiry. Other members may be sent back as they were read. A
   * rotation needs a second key, so that both are valid during it.
   */
  async patch(
    consumer: string,
    key: string,
    content: unknown,
    write: WriteRequest,
  ): Promise<Answer> {
    const { id: scope } = await this.resources.find('consumer', consumer);
    const stored = await this.resources.representation('key', key, scope);
    const patch = withoutStoredMembers(content, stored, (name) => !changeable.includes(name));
    const fixed = isRecord(patch)
      ? Object.keys(patch).filter((name) => !changeable.includes(name))
      : [];
    if (fixed.length > 0) {
      const errors = fixed.map((name) => ({
        pointer: `/${name}`,
        detail: `cannot be changed; ${changeable.join(', ')} can`,
      }));
      throw contentFault(errors);
    }
    return this.answers.of(
      await this.writer.patch({ kind: 'key', scope, idOrName: key }, patch, write),
      write,
    );
  }

  async revoke(consumer: string, key: string, write: WriteRequest): Promise<Answer> {
    const { id: scope } = await this.resources.find('consumer', consumer);
    return this.answers.of(
      await this.writer.remove({ kind: 'key', scope, idOrName: key }, write),
      write,
    );
  }
}

function parseKeyInput(content: unknown): ReturnType<typeof KeyInput.parse> {
  const parsed = KeyInput.safeParse(content);
  const errors = parsed.success ? [] : fieldErrors(parsed.error);
  const brought = isRecord(content) ? content['key'] : undefined;
  // A key with our prefix and a wrong checksum was truncated or mistyped when it was copied.
  if (typeof brought === 'string' && brought.startsWith('slk_') && !hasValidChecksum(brought)) {
    errors.push({
      pointer: '/key',
      detail: 'has the format of a generated key, but its checksum is wrong: copy it again',
    });
  }
  if (!parsed.success || errors.length > 0) throw contentFault(errors);
  return parsed.data;
}
