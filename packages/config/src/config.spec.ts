import { describe, expect, it } from '@jest/globals';
import { definePolicySchema } from '@sluice/policy-sdk';
import fc from 'fast-check';
import { z } from 'zod';
import {
  answerFaults,
  canonicalJson,
  createPolicyCatalogue,
  effectivePolicies,
  fieldErrors,
  kindOf,
  kinds,
  mapReferences,
  policyFaults,
  referencesOf,
  resourceSchemas,
  type PolicyAttachment,
} from './index.ts';

describe('canonicalJson', () => {
  it('is the same for the same value, in any order of members', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const shuffled = JSON.parse(JSON.stringify(value), (_, part: unknown) =>
          typeof part === 'object' && part !== null && !Array.isArray(part)
            ? Object.fromEntries(Object.entries(part).reverse())
            : part,
        ) as unknown;
        expect(canonicalJson(shuffled)).toBe(canonicalJson(value));
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('omits undefined members and refuses values outside JSON', () => {
    expect(canonicalJson({ b: 1, a: undefined })).toBe('{"b":1}');
    expect(() => canonicalJson(Number.NaN)).toThrow(TypeError);
    expect(() => canonicalJson(() => 1)).toThrow(TypeError);
  });
});

describe('resource schemas', () => {
  it('fill in defaults', () => {
    expect(
      resourceSchemas.service.parse({ name: 'orders', targets: [{ address: '127.0.0.1:9101' }] }),
    ).toMatchObject({
      protocol: 'http',
      basePath: '/',
      targets: [{ address: '127.0.0.1:9101', weight: 100 }],
      timeouts: { connectMs: 3000, firstByteMs: 30000, idleMs: 60000, totalMs: 60000 },
      policies: [],
      tags: [],
    });
  });

  it('are idempotent: parsed values parse to themselves', () => {
    const samples = {
      ca: { name: 'internal', certificates: 'x' },
      certificate: { name: 'www', certificate: 'x', key: 'x', serverNames: ['*.Example.com'] },
      gateway: { name: 'default' },
      quota: { name: 'gold', limits: [{ requests: 100, per: 'second', burst: 200 }] },
      group: { name: 'gold', quotas: ['gold'] },
      service: { name: 'orders', targets: [{ address: '[::1]:80' }] },
      route: {
        name: 'orders',
        hosts: ['API.example.com'],
        paths: ['/orders/*'],
        service: 'orders',
      },
      consumer: { username: 'acme', groups: ['gold'] },
      credential: {
        type: 'key',
        name: 'ci',
        consumer: 'acme',
        hash: 'a'.repeat(64),
        prefix: 'slk_1',
      },
    } as const;
    for (const kind of kinds) {
      const { nameProperty: property, example, input, stored } = kindOf(kind);
      const written = { [property]: 'a', ...example('a'), ...(input === undefined ? {} : stored) };
      const sample = kind in samples ? samples[kind as keyof typeof samples] : written;
      const once: unknown = resourceSchemas[kind].parse(sample);
      expect(resourceSchemas[kind].parse(once)).toEqual(once);
    }
  });

  it.each([
    [
      'an unknown property',
      'service',
      { name: 'a', targets: [{ address: 'a:1' }], retrys: 1 },
      '/retrys',
    ],
    [
      'an address without port',
      'service',
      { name: 'a', targets: [{ address: 'a' }] },
      '/targets/0/address',
    ],
    ['a name with a slash', 'service', { name: 'a/b', targets: [{ address: 'a:1' }] }, '/name'],
    [
      'a name that looks like an id',
      'quota',
      { name: '00000000-0000-4000-8000-000000000000', limits: [{ requests: 1, per: 'day' }] },
      '/name',
    ],
    ['a path without slash', 'route', { name: 'a', service: 's', paths: ['orders'] }, '/paths/0'],
    [
      'a regular expression that can explode',
      'route',
      { name: 'a', service: 's', paths: ['~ ^/(a+)+$'] },
      '/paths/0',
    ],
    [
      'service and split',
      'route',
      { name: 'a', service: 's', split: [{ service: 't', weight: 1 }] },
      '/split',
    ],
    [
      'a policy attached twice',
      'consumer',
      { username: 'a', policies: [{ name: 'cors' }, { name: 'cors' }] },
      '/policies/1/name',
    ],
    [
      'a burst per month',
      'quota',
      { name: 'a', limits: [{ requests: 1, per: 'month', burst: 1 }] },
      '/limits/0/burst',
    ],
    [
      'a host with a port',
      'route',
      { name: 'a', service: 's', hosts: ['a.example:80'] },
      '/hosts/0',
    ],
    ['a short network', 'gateway', { name: 'a', trustedProxies: ['10.1/16'] }, '/trustedProxies/0'],
  ] as const)('refuse %s', (_, kind, input, pointer) => {
    const parsed = resourceSchemas[kind].safeParse(input);
    expect(parsed.success).toBe(false);
    if (!parsed.success)
      expect(fieldErrors(parsed.error).map((fault) => fault.pointer)).toContain(pointer);
  });
});

describe('references', () => {
  const route = resourceSchemas.route.parse({
    name: 'a',
    gateways: ['g'],
    split: [
      { service: 's', weight: 1 },
      { service: 't', weight: 1 },
    ],
    quotas: ['q'],
  });

  it('are found with their pointers', () => {
    expect(referencesOf('route', route)).toEqual([
      { pointer: '/gateways/0', kind: 'gateway', target: 'g' },
      { pointer: '/split/0/service', kind: 'service', target: 's' },
      { pointer: '/split/1/service', kind: 'service', target: 't' },
      { pointer: '/quotas/0', kind: 'quota', target: 'q' },
    ]);
  });

  it('are replaced in a copy', () => {
    const mapped = mapReferences('route', route, ({ target }) => target.toUpperCase());
    expect(mapped.split).toEqual([
      { service: 'S', weight: 1 },
      { service: 'T', weight: 1 },
    ]);
    expect(route.gateways).toEqual(['g']);
  });
});

describe('answerFaults', () => {
  const make = (name: string, answers: boolean) =>
    definePolicySchema({
      name,
      summary: '',
      phases: ['answer'],
      answers,
      config: z.strictObject({}),
    });
  const catalogue = createPolicyCatalogue([make('teapot', true), make('plain', false)]);
  const faults = (route: unknown) => answerFaults(route, catalogue);

  it.each([
    ['a service', { service: 's' }],
    ['a split', { split: [] }],
    [
      'a policy that declares that it answers, built-in or custom',
      { policies: [{ name: 'plain' }, { name: 'teapot' }] },
    ],
    ['a policy that is unknown, which is a fault of its own', { policies: [{ name: 'missing' }] }],
    ['a value that is not a route', 'x'],
  ])('finds none with %s', (_, route) => expect(faults(route)).toEqual([]));

  it.each([
    ['nothing', {}],
    ['a policy that does not answer', { policies: [{ name: 'plain' }] }],
    ['one in shadow mode', { policies: [{ name: 'teapot', mode: 'shadow' }] }],
    ['an attachment that cannot be read', { policies: [{ nmae: 'teapot' }, null] }],
  ])('finds one with %s', (_, route) =>
    expect(faults(route)).toEqual([
      {
        pointer: '/service',
        detail: 'name a service, a split, or attach a policy that answers (teapot)',
      },
    ]),
  );
});

describe('policyFaults', () => {
  const catalogue = createPolicyCatalogue([
    definePolicySchema({
      name: 'plain',
      summary: '',
      phases: ['receive'],
      config: z.strictObject({ size: z.int().optional() }),
      attach: ['route'],
    }),
  ]);
  const attach = (attachment: Partial<PolicyAttachment> & { name: string }): PolicyAttachment => ({
    config: {},
    mode: 'enforce',
    ...attachment,
  });

  it('names every fault at once', () => {
    const faults = policyFaults(
      'consumer',
      [
        attach({ name: 'unknown' }),
        attach({ name: 'plain', config: { size: 'x', more: 1 }, onError: 'open' }),
      ],
      catalogue,
    );
    expect(faults.map(({ pointer }) => pointer).sort()).toEqual([
      '/policies/0/name',
      '/policies/1/config/more',
      '/policies/1/config/size',
      '/policies/1/name',
      '/policies/1/onError',
    ]);
  });

  it('returns no faults for valid policies', () => {
    expect(
      policyFaults('route', [attach({ name: 'plain', config: { size: 1 } })], catalogue),
    ).toEqual([]);
  });

  it('refuses two policies of one name', () => {
    const [schema] = catalogue.values();
    expect(() => createPolicyCatalogue(schema === undefined ? [] : [schema, schema])).toThrow(
      TypeError,
    );
  });
});

describe('effectivePolicies', () => {
  it('replaces an earlier attachment by a later one, in its position', () => {
    const policy = (name: string, note: string): PolicyAttachment => ({
      name,
      config: { note },
      mode: 'enforce',
    });
    const effective = effectivePolicies([
      {
        kind: 'gateway',
        id: '1',
        name: 'default',
        policies: [policy('a', 'gateway'), policy('b', 'gateway')],
      },
      {
        kind: 'route',
        id: '2',
        name: 'orders',
        policies: [policy('c', 'route'), policy('a', 'route')],
      },
    ]);
    expect(
      effective.map(({ attachment, from }) => [
        attachment.name,
        attachment.config['note'],
        from.kind,
      ]),
    ).toEqual([
      ['a', 'route', 'route'],
      ['b', 'gateway', 'gateway'],
      ['c', 'route', 'route'],
    ]);
  });
});
