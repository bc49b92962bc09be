import { Injectable } from '@nestjs/common';
import { Router } from '@sluice/router';
import type { RouteSpec } from '@sluice/router';
import { RouteTableRepository } from './route-table.repository.ts';
import type { RouteState } from './route-table.repository.ts';

interface TableRoute extends RouteSpec {
  readonly name: string;
  readonly gateways: readonly string[];
}

/**
 * The routes of every gateway, in memory, in the same router that the nodes use. Loaded when a
 * route is first written, and updated from the stored changes before each use.
 */
@Injectable()
export class RouteTable {
  private readonly routes = new Map<string, TableRoute>();
  private readonly routers = new Map<string, Router<TableRoute>>();
  private revision: number | undefined;
  private catchingUp: Promise<void> = Promise.resolve();

  constructor(private readonly repository: RouteTableRepository) {}

  /**
   * Names of the routes that fully shadow a stored route on all of its gateways; empty when it is
   * reachable.
   */
  async shadowsOf(id: string): Promise<string[]> {
    // Updates run one after the other, in the order of the changes. A failure fails only this call.
    const caughtUp = this.catchingUp.then(() => this.catchUp());
    this.catchingUp = caughtUp.catch(() => undefined);
    await caughtUp;
    const route = this.routes.get(id);
    if (route === undefined) return [];
    const perGateway = route.gateways.map(
      (gateway) =>
        this.routers
          .get(gateway)
          ?.shadowedBy(route)
          .map(({ name }) => name) ?? [],
    );
    return perGateway.every((names) => names.length > 0) ? [...new Set(perGateway.flat())] : [];
  }

  private async catchUp(): Promise<void> {
    const head = await this.repository.head();
    if (this.revision === undefined) {
      // Routes that change during the load are applied again as changes after `head`, which is
      // harmless.
      for await (const page of this.repository.all()) for (const state of page) this.apply(state);
    } else if (this.revision < head) {
      for (const state of await this.repository.changes(this.revision, head)) this.apply(state);
    }
    this.revision = head;
  }

  private apply({ id, spec }: RouteState): void {
    for (const gateway of this.routes.get(id)?.gateways ?? [])
      this.routers.get(gateway)?.remove(id);
    this.routes.delete(id);
    if (spec === null) return;
    const { name, gateways, hosts, paths, methods, headers, query, priority } = spec;
    const route: TableRoute = {
      id,
      name,
      gateways,
      hosts,
      paths,
      methods,
      headers,
      query,
      priority,
    };
    this.routes.set(id, route);
    for (const gateway of gateways) this.routerOf(gateway).update(route);
  }

  private routerOf(gateway: string): Router<TableRoute> {
    const router = this.routers.get(gateway) ?? new Router<TableRoute>();
    this.routers.set(gateway, router);
    return router;
  }
}
