import { describe, expect, it } from '@jest/globals';
import { builtInPolicySchemas } from '@sluice/policies/schemas';
import { createPolicyCatalogue, resourceSchemas } from './index.ts';
import type { Kind } from './index.ts';
import { separateUnknown, withoutStoredUnknown, withUnknown } from './unknown-members.ts';

const catalogue = createPolicyCatalogue(builtInPolicySchemas);
const separate = (kind: Kind, spec: unknown) => separateUnknown(kind, spec, catalogue);
const service = resourceSchemas.service.parse({
  name: 's',
  targets: [{ address: 'a:1' }, { address: 'b:2' }],
  policies: [{ name: 'cors', config: { origins: ['*'] } }],
});
/** A service as a later release has stored it: with members on every level. */
const later = {
  ...service,
  zone: { of: ['x'] },
  targets: service.targets.map((target, index) => ({ ...target, zone: index })),
  tls: { ...service.tls, newer: true },
  policies: [{ ...service.policies[0], config: { origins: ['*'], newer: 1 }, order: 7 }],
};

describe('members that a later release has stored', () => {
  it('are separated from the others, in objects, lists and policies', () => {
    const { known, unknown } = separate('service', later);
    expect(known).toEqual(service);
    expect(unknown.map(({ path }) => path.join('/')).sort()).toEqual([
      'policies/0/config/newer',
      'policies/0/order',
      'targets/0/zone',
      'targets/1/zone',
      'tls/newer',
      'zone',
    ]);
    expect(withUnknown(known, { known, unknown })).toEqual(later);
  });

  it('are none in a resource of this release, which stays the same value', () => {
    const separated = separate('service', service);
    expect(separated).toEqual({ known: service, unknown: [] });
    expect(separated.known).toBe(service);
    expect(withUnknown(service, separated)).toBe(service);
  });

  it('stay with their elements when these move, change or go', () => {
    const separated = separate('service', later);
    const changed = {
      ...service,
      targets: [{ address: 'c:3' }, { address: 'b:2', weight: 5 }],
      policies: [
        { name: 'quota', config: {} },
        { name: 'cors', config: { origins: ['a'] } },
      ],
    };
    expect(withUnknown(changed, separated)).toMatchObject({
      zone: { of: ['x'] },
      targets: [{ address: 'c:3' }, { address: 'b:2', weight: 5, zone: 1 }],
      policies: [
        { name: 'quota', config: {} },
        { name: 'cors', config: { newer: 1 }, order: 7 },
      ],
    });
  });

  it('may be written back as they are, and are not changed otherwise', () => {
    const separated = separate('service', later);
    expect(withoutStoredUnknown(later, separated)).toEqual({ content: service, faults: [] });
    expect(withoutStoredUnknown({ name: 's' }, separated)).toEqual({
      content: { name: 's' },
      faults: [],
    });
    const { faults } = withoutStoredUnknown(
      { ...later, zone: null, targets: [{ address: 'b:2', zone: 8 }], other: 1 },
      separated,
    );
    expect(faults.map(({ pointer }) => pointer).sort()).toEqual(['/targets/1/zone', '/zone']);
  });

  it('do not disturb what is broken otherwise', () => {
    const { known, unknown } = separate('service', { name: 5, newer: 1, targets: 'x' });
    expect([known, unknown.length]).toEqual([{ name: 5, targets: 'x' }, 1]);
    expect(separate('service', null)).toEqual({ known: null, unknown: [] });
    expect(withoutStoredUnknown('text', separate('service', later)).content).toBe('text');
  });
});
