import { definePolicySchema } from '@sluice/policy-sdk';
import { unmatchableHeader } from '@sluice/schema';
import { z } from 'zod';
import {
  changeableFields,
  changeableNames,
  changeableRenames,
  requestFieldFault,
} from '../header-fields/schema.ts';

const isNeverReceived = (name: string): string | undefined => {
  const fault = unmatchableHeader(name);
  return fault === undefined ? undefined : `never arrives on a request: ${fault}`;
};

export const requestHeadersSchema = definePolicySchema({
  name: 'request-headers',
  summary: 'Changes the headers that the upstream sees.',
  phases: ['transform'],
  config: z.strictObject({
    remove: changeableNames(requestFieldFault, isNeverReceived)
      .default([])
      .describe('First: headers to remove.'),
    rename: changeableRenames(requestFieldFault, isNeverReceived)
      .default({})
      .describe('Second: new names for headers, by old name. Values are kept.'),
    set: changeableFields(requestFieldFault)
      .default({})
      .describe('Third: headers to set to exactly this value, replacing all others of the name.'),
    add: changeableFields(requestFieldFault)
      .default({})
      .describe('Fourth: headers to add beside those that are present.'),
  }),
});
