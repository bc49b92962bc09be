import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import type { PolicySchema } from '@sluice/policies/schemas';
import { PoliciesController } from './policies.controller.ts';
import { PoliciesService } from './policies.service.ts';

/** Global: whoever checks a resource needs the catalogue. */
@Module({})
export class PoliciesModule {
  /** `own` are the operator's, besides the built-in ones. */
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
