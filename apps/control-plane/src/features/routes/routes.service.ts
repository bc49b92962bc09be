import { Injectable } from '@nestjs/common';
import { errorMessage, GatewayError } from '@sluice/errors';
import type { Answer } from '../../platform/http/answer.ts';
import type { ListQuery } from '../../platform/http/list-query.ts';
import type { WriteRequest } from '../../platform/http/write-request.ts';
import { Logger } from '../../platform/logger.ts';
import { ResourceService } from '../resources/resource.service.ts';
import { ResourceWriter } from '../resources/resource-writer.ts';
import { isRecord } from '../resources/spec-check.ts';
import { WriteAnswers } from '../resources/write-answers.ts';
import type { Warning } from '../resources/write-answers.ts';
import type { Written } from '../resources/written.ts';
import { RouteTable } from './route-table.ts';

/** Writes routes, and warns when other routes fully shadow one. */
@Injectable()
export class RoutesService {
  constructor(
    private readonly resources: ResourceService,
    private readonly writer: ResourceWriter,
    private readonly answers: WriteAnswers,
    private readonly table: RouteTable,
    private readonly logger: Logger,
  ) {}

  async create(content: unknown, write: WriteRequest): Promise<Answer> {
    return this.answer(await this.writer.create('route', content, write), write);
  }

  async replace(idOrName: string, content: unknown, write: WriteRequest): Promise<Answer> {
    return this.answer(
      await this.writer.replace({ kind: 'route', scope: null, idOrName }, content, write),
      write,
    );
  }

  async patch(idOrName: string, patch: unknown, write: WriteRequest): Promise<Answer> {
    return this.answer(
      await this.writer.patch({ kind: 'route', scope: null, idOrName }, patch, write),
      write,
    );
  }

  /** Creates a route to the service in the path. The content may omit the service. */
  async createForService(service: string, content: unknown, write: WriteRequest): Promise<Answer> {
    const { id, name } = await this.resources.find('service', service);
    const written = isRecord(content) ? content['service'] : undefined;
    if (written !== undefined && written !== id && written !== name) {
      throw new GatewayError('validation_failed', {
        errors: [
          {
            pointer: '/service',
            detail: `leave it out or write "${name}", the service in the path`,
          },
        ],
      });
    }
    const spec = isRecord(content) ? { ...content, service: id } : content;
    return this.answer(
      await this.writer.create('route', content, write, { scope: null, spec }),
      write,
    );
  }

  async listOfService(service: string, query: ListQuery): Promise<Answer> {
    const { id } = await this.resources.find('service', service);
    return this.resources.list('route', query, { refersTo: id });
  }

  private async answer(written: Written, write: WriteRequest): Promise<Answer> {
    return this.answers.of(written, write, await this.warnings(written));
  }

  /** Returns the warnings. Failures are only logged, because the write is already committed. */
  private async warnings({ resource }: Written): Promise<Warning[]> {
    if (resource === undefined) return [];
    try {
      const names = await this.table.shadowsOf(resource.id);
      if (names.length === 0) return [];
      const listed = names.map((name) => `"${name}"`).join(', ');
      return [
        {
          code: 'route_shadowed',
          detail: `the route never serves a request: ${listed} matches first whatever it matches`,
        },
      ];
    } catch (error) {
      this.logger.warn('could not check whether other routes shadow a route', {
        reason: errorMessage(error),
      });
      return [];
    }
  }
}
