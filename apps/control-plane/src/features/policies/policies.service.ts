import { Injectable } from '@nestjs/common';
import { createPolicyCatalogue } from '@sluice/config';
import type { PolicyCatalogue } from '@sluice/config';
import { builtInPolicySchemas } from '@sluice/policies/schemas';

/** The policies that can be attached: the built-in ones and those of SLUICE_POLICIES_DIR. */
@Injectable()
export class PoliciesService {
  readonly catalogue: PolicyCatalogue = createPolicyCatalogue(builtInPolicySchemas);
}
