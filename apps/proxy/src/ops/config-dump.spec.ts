import { describe, expect, it } from '@jest/globals';
import { createPolicyCatalogue } from '@sluice/config';
import type { Resource } from '@sluice/config';
import { builtInPolicySchemas } from '@sluice/policies/schemas';
import { configDump } from './config-dump.ts';
import type { RunningConfig } from './node-status.ts';

const planted = 'planted-secret-0123456789';

function dumpOf(kind: string, spec: object): string {
  const config = {
    revision: 1,
    catalogue: createPolicyCatalogue(builtInPolicySchemas),
    resources: [{ kind, id: '1', spec } as unknown as Resource],
  } as unknown as RunningConfig;
  return [...configDump(config, { kind: undefined, name: undefined })].join('');
}

describe('the dump of the configuration', () => {
  it.each<[string, string, object]>([
    ['the key of a certificate', 'certificate', { name: 'www', certificate: 'c', key: planted }],
    [
      'a field that a policy marks as a secret, whatever its name',
      'route',
      {
        name: 'orders',
        policies: [
          {
            name: 'external-auth',
            config: { url: 'https://a.example/', headers: { via: planted } },
          },
        ],
      },
    ],
  ])('does not show %s', (_, kind, spec) => {
    const text = dumpOf(kind, spec);
    expect(JSON.parse(text)).toMatchObject({ resources: [{ kind }] });
    expect(text).not.toContain(planted);
    expect(text).toContain('[redacted]');
  });
});
