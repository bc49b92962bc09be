import { definePolicySchema } from '@sluice/policy-sdk';
import { z } from 'zod';
import {
  changeableFields,
  changeableNames,
  changeableRenames,
  responseFieldFault,
} from '../header-fields/schema.ts';

export const responseHeadersSchema = definePolicySchema({
  name: 'response-headers',
  summary: 'Changes the headers that the client sees.',
  phases: ['respond'],
  config: z.strictObject({
    remove: changeableNames(responseFieldFault).default([]).describe('First: headers to remove.'),
    rename: changeableRenames(responseFieldFault)
      .default({})
      .describe('Second: new names for headers, by old name. Values are kept.'),
    set: changeableFields(responseFieldFault)
      .default({})
      .describe('Third: headers to set to exactly this value, replacing all others of the name.'),
    add: changeableFields(responseFieldFault)
      .default({})
      .describe('Fourth: headers to add beside those that are present.'),
  }),
});
