import { Injectable } from '@nestjs/common';
import type { Sql } from '../../platform/database/database.ts';
import { NodesService } from '../nodes/nodes.service.ts';
import { KindRulesRegistry } from '../resources/kind-rules.ts';
import { servedByNodes } from '../resources/resource-faults.ts';
import type { StoredResource } from '../resources/stored-resource.ts';

/** Refuses to rename a gateway that live nodes serve, because they ask for it by its name. */
@Injectable()
export class GatewayRules {
  constructor(
    rules: KindRulesRegistry,
    private readonly nodes: NodesService,
  ) {
    rules.register('gateway', {
      beforeRename: (sql, gateway, newName) => this.refuseToCutOff(sql, gateway, newName),
    });
  }

  private async refuseToCutOff(sql: Sql, gateway: StoredResource, newName: string): Promise<void> {
    const nodes = await this.nodes.liveIn(sql, gateway.id);
    if (nodes.length > 0) throw servedByNodes(gateway.name, newName, nodes);
  }
}
