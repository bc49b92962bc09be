import { Controller, Get, Param } from '@nestjs/common';
import { GatewayError } from '@sluice/errors';
import { isNodeId } from '@sluice/wire';
import { Answer } from '../../platform/http/answer.ts';
import { cursorKeys, decodeCursor } from '../../platform/http/cursor.ts';
import { PageQuery, pageOf } from '../../platform/http/list-query.ts';
import { QueryParameters } from '../../platform/http/query.ts';
import { NodesService } from './nodes.service.ts';

/** The proxies that have connected. Read-only, because nodes register themselves. */
@Controller('v1/nodes')
export class NodesController {
  constructor(private readonly nodes: NodesService) {}

  @Get()
  async list(@QueryParameters(PageQuery) { limit, after }: PageQuery): Promise<Answer> {
    const nodes = await this.nodes.list(
      after === undefined ? undefined : decodeCursor(after, cursorKeys.name),
      limit + 1,
    );
    return Answer.ok(
      pageOf(
        nodes,
        limit,
        (node) => node,
        ({ id }) => id,
      ),
    );
  }

  @Get(':node')
  async get(@Param('node') id: string): Promise<Answer> {
    // Invalid ids are not queried, because the database refuses some of them as text.
    const node = isNodeId(id) ? await this.nodes.find(id) : undefined;
    if (node === undefined)
      throw new GatewayError('resource_not_found', {
        detail: `there is no node with the id ${JSON.stringify(id.slice(0, 64))}`,
      });
    return Answer.ok(node);
  }
}
