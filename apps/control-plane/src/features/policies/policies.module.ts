import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import type { PolicySchema } from '@sluice/policies/schemas';
import { PoliciesController } from './policies.controller.ts';
import { PoliciesService } from './policies.service.ts';

/** The policy catalogue. Global, because every check of a resource needs it. */
@Module({})
export class PoliciesModule {
  /** `own` holds the operator's custom policies. */
  static with(own: readonly PolicySchema[]): DynamicModule {
    return {
      module: PoliciesModule,
      global: true,
      controllers: [PoliciesController],
      providers: [{ provide: PoliciesService, useFactory: () => new PoliciesService(own) }],
      exports: [PoliciesService],
    };
  }
}
