import { describe, expect, it } from '@jest/globals';
import { builtInPolicySchemas } from '@sluice/policies/schemas';
import { createPolicyCatalogue } from './policy-catalogue.ts';
import { withKeptSecrets } from './secret-fields.ts';

const catalogue = createPolicyCatalogue(builtInPolicySchemas);
const url = 'https://auth.example.com/check';
const routeWith = (config: object): object => ({
  name: 'orders',
  policies: [{ name: 'external-auth', config }],
});

/** The configuration that is stored when this one is written. */
function written(config: object): unknown {
  const stored = routeWith({ url, headers: { 'x-token': 'secret', 'x-other': 'other' } });
  const { policies } = withKeptSecrets('route', routeWith(config), stored, catalogue) as {
    policies: [{ config: unknown }];
  };
  return policies[0].config;
}

describe('withKeptSecrets', () => {
  it.each([
    ['the map is absent', {}],
    ['the map is as a response shows it', { headers: {} }],
  ])('keeps a map of secrets when %s', (_case, config) => {
    expect(written({ url, timeoutMs: 500, ...config })).toEqual({
      url,
      timeoutMs: 500,
      headers: { 'x-token': 'secret', 'x-other': 'other' },
    });
  });

  it('replaces and removes single secrets of a map', () => {
    expect(written({ url, headers: { 'x-token': 'new', 'x-other': null } })).toEqual({
      url,
      headers: { 'x-token': 'new' },
    });
  });

  it('removes all secrets of a map with null', () => {
    expect(written({ url, headers: null })).toEqual({ url });
  });
});
