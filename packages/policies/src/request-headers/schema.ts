import { definePolicySchema } from '@sluice/policy-sdk';
import { unmatchableHeader } from '@sluice/schema';
import { z } from 'zod';
import { changeableFields, changeableNames, changeableRenames, requestFieldFault } from '../header-fields/schema.ts';

const isNeverThere = (name: string): string | undefined => {
  const fault = unmatchableHeader(name);
  return fault === undefined ? undefined : `is on no request: ${fault}`;
};

export const requestHeadersSchema = definePolicySchema({
  name: 'request-headers',
  summary: 'Changes the headers that the upstream sees.',
  phases: ['transform'],
  config: z.strictObject({
    remove: changeableNames(requestFieldFault, isNeverThere).default([]).describe('First: headers to take away.'),
    rename: changeableRenames(requestFieldFault, isNeverThere).default({}).describe('Second: new names for headers, by old name. Values are kept.'),
    set: changeableFields(requestFieldFault).default({}).describe('Third: headers that stand exactly once, with this value.'),
    add: changeableFields(requestFieldFault).default({}).describe('Fourth: headers to put beside those already there.'),
  }),
});
