import { Global, Module } from '@nestjs/common';
import { AppliedStatus } from '../nodes/applied.ts';
import type { AppliedReport } from '../nodes/applied.ts';

/** Stands in as long as no node can connect: then every revision is applied by all nodes there are. */
class NoNodes extends AppliedStatus {
  override wait(revision: number): Promise<AppliedReport> {
    return this.status(revision);
  }

  override status(revision: number): Promise<AppliedReport> {
    return Promise.resolve({ revision, status: 'applied', nodes: [] });
  }
}

@Global()
@Module({ providers: [{ provide: AppliedStatus, useClass: NoNodes }], exports: [AppliedStatus] })
export class NoNodesModule {}
