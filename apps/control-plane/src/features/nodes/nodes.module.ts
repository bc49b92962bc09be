import { randomUUID } from 'node:crypto';
import { Global, Module } from '@nestjs/common';
import { TypeOrmModule, getRepositoryToken } from '@nestjs/typeorm';
import { Database } from '../../platform/database/database.ts';
import { Logger } from '../../platform/logger.ts';
import { RevisionFeedModule } from '../revisions/revision-feed/revision-feed.module.ts';
import { RevisionFeed } from '../revisions/revision-feed/revision-feed.ts';
import { AppliedStatus } from './applied.ts';
import { ConnectedNodes } from './connected-nodes.ts';
import { NodeEntity } from './node.entity.ts';
import { NodeRepository } from './node.repository.ts';
import type { NodeRows } from './node.repository.ts';
import { NodesController } from './nodes.controller.ts';
import { NodesService } from './nodes.service.ts';

/**
 * The connected nodes and the revisions that they have applied. Global, because every write may
 * wait for nodes.
 */
@Global()
@Module({
  imports: [RevisionFeedModule, TypeOrmModule.forFeature([NodeEntity])],
  controllers: [NodesController],
  providers: [
    {
      provide: NodeRepository,
      inject: [getRepositoryToken(NodeEntity), Database],
      useFactory: (nodes: NodeRows, database: Database) =>
        new NodeRepository(nodes, database, randomUUID()),
    },
    {
      provide: ConnectedNodes,
      inject: [NodeRepository, Logger],
      useFactory: (repository: NodeRepository, logger: Logger) =>
        new ConnectedNodes(repository, logger),
    },
    {
      provide: NodesService,
      inject: [RevisionFeed, ConnectedNodes, NodeRepository],
      useFactory: (feed: RevisionFeed, connected: ConnectedNodes, repository: NodeRepository) =>
        new NodesService(feed, connected, repository),
    },
    { provide: AppliedStatus, useExisting: NodesService },
  ],
  exports: [ConnectedNodes, AppliedStatus, NodesService],
})
export class NodesModule {}
