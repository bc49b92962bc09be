import { Module } from '@nestjs/common';
import { loadPolicySchemas } from '@sluice/policy-sdk/load';
import { SETTINGS } from '../../platform/env.ts';
import type { Settings } from '../../platform/env.ts';
import { reasonOf } from '../../platform/error-code.ts';
import { SetupError } from '../../platform/setup-error.ts';
import { PoliciesController } from './policies.controller.ts';
import { PoliciesService } from './policies.service.ts';

@Module({
  controllers: [PoliciesController],
  providers: [{ provide: PoliciesService, inject: [SETTINGS], useFactory: loadPolicies }],
  exports: [PoliciesService],
})
export class PoliciesModule {}

/** @throws SetupError that says what is wrong with SLUICE_POLICIES_DIR. */
async function loadPolicies({ policiesDir }: Settings): Promise<PoliciesService> {
  if (policiesDir === undefined) return new PoliciesService([]);
  try {
    return new PoliciesService(await loadPolicySchemas(policiesDir));
  } catch (error) {
    throw new SetupError(`The policies in SLUICE_POLICIES_DIR (${policiesDir}) cannot be used: ${reasonOf(error)}`);
  }
}
