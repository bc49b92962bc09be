import { Injectable } from '@nestjs/common';
import { errorMessage, GatewayError } from '@sluice/errors';
import type { Answer } from '../../platform/http/answer.ts';
import type { ListQuery } from '../../platform/http/list-query.ts';
import type { WriteRequest } from '../../platform/http/write-request.ts';
import { Logger } from '../../platform/logger.ts';
import { KindRulesRegistry } from '../resources/kind-rules.ts';
import { ResourceService } from '../resources/resource.service.ts';
import { ResourceWriter } from '../resources/resource-writer.ts';
import { isRecord } from '../resources/is-record.ts';
import type { StoredResource } from '../resources/stored-resource.ts';
import type { Warning } from '../resources/warning.ts';
import { RouteTable } from './route-table.ts';

/** Writes routes, and warns when other routes fully shadow one. */
@Injectable()
export class RoutesService {
  constructor(
    private readonly resources: ResourceService,
    private readonly writer: ResourceWriter,
    private readonly table: RouteTable,
    private readonly logger: Logger,
    rules: KindRulesRegistry,
  ) {
    rules.register('route', { warnings: (route) => this.warnings(route) });
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
    return this.resources.answer(
      await this.writer.create('route', content, write, { scope: null, spec }),
      write,
    );
  }

  async listOfService(service: string, query: ListQuery): Promise<Answer> {
    const { id } = await this.resources.find('service', service);
    return this.resources.list('route', query, { refersTo: id });
  }

  /** Returns the warnings. Failures are only logged, because the write is already committed. */
  private async warnings({ id }: StoredResource): Promise<Warning[]> {
    try {
      const names = await this.table.shadowsOf(id);
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
