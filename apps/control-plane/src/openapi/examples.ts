import { kindOf, withoutSecrets } from '@sluice/config';
import type { Kind } from '@sluice/config';
import { withoutHidden } from '../features/resources/hidden-members.ts';

/**
 * Examples of all requests and responses of the API. The pages under /docs fill their forms with
 * them, so on a new database each example must succeed unedited, in the order of the page: POST
 * creates the resource that GET and PATCH use, and PUT creates the one that DELETE removes.
 */

/** Name of the resource that the examples of POST create, and those of GET and PATCH use. */
export const exampleName = 'example';
/** Name of the resource that the example of PUT creates and that of DELETE removes. */
export const secondExampleName = 'example-2';

/**
 * The content of a request that creates a resource with this name. It refers to no other resource.
 */
export function inputExample(kind: Kind, name = exampleName): Readonly<Record<string, unknown>> {
  const { nameProperty, example } = kindOf(kind);
  return { [nameProperty]: name, ...example(name), tags: ['team:example'] };
}

/** A key of the short path, which has no type. */
export const keyInputExample = Object.freeze({
  name: exampleName,
  expiresAt: '2099-01-01T00:00:00Z',
  tags: ['team:example'],
});

/** A route of the service that the request's path names. */
export const serviceRouteExample = Object.freeze({
  name: 'example-of-service',
  paths: ['/example-of-service/*'],
});

/** A merge patch that is valid for every kind of resource. */
export const patchExample = Object.freeze({ tags: ['team:example', 'changed'] });

const id = '0b6f3c1e-5d0a-4c53-9a53-3f6d6c2b7a11';
const instant = '2026-01-02T03:04:05.678Z';

/** A resource as responses show it. */
export function outputExample(kind: Kind): Readonly<Record<string, unknown>> {
  const { schema, stored, shown: computed } = kindOf(kind);
  const parsed = schema.parse({ ...inputExample(kind), ...stored });
  const plain = withoutSecrets(kind, parsed as Record<string, unknown>, new Map());
  const shown = { ...withoutHidden(kind, plain), ...computed };
  return { id, ...shown, createdAt: instant, updatedAt: instant };
}

const nodeFault = {
  kind: 'route',
  id,
  name: exampleName,
  pointer: '/policies/0/name',
  code: 'unknown_policy',
  reason: 'this node has no policy "my-policy"',
};
const outcome = {
  id: 'node-1',
  gateway: 'default',
  state: 'live',
  appliedRevision: 7,
  outcome: 'applied',
};
const change = { action: 'created', kind: 'route', id, name: exampleName };
const attachment = {
  name: 'static-response',
  enabled: true,
  config: { content: 'Hello from Sluice' },
};

/** Examples of the schemas that do not describe resources. */
export const otherExamples: Readonly<Record<string, object>> = Object.freeze({
  KeyInput: keyInputExample,
  Key: {
    id,
    name: exampleName,
    consumer: exampleName,
    prefix: 'slk_4fT0aXbQ',
    expiresAt: '2099-01-01T00:00:00Z',
    tags: ['team:example'],
    createdAt: instant,
    updatedAt: instant,
  },
  PolicyAttachment: { name: 'static-response', config: { content: 'Hello from Sluice' } },
  Policy: {
    name: 'static-response',
    summary: 'Answers every request with a fixed response.',
    origin: 'built-in',
    phases: ['answer'],
    attach: ['gateway', 'service', 'route'],
    answers: true,
    authenticates: false,
    config: { type: 'object' },
  },
  TokenInput: { name: exampleName, role: 'viewer', expiresAt: '2099-01-01T00:00:00Z' },
  Token: {
    id,
    name: exampleName,
    role: 'viewer',
    createdAt: instant,
    expiresAt: '2099-01-01T00:00:00.000Z',
  },
  Fault: nodeFault,
  Warning: {
    code: 'route_shadowed',
    detail: 'the route never serves a request: "all" matches first whatever it matches',
  },
  NodeOutcome: outcome,
  AppliedReport: { revision: 7, status: 'applied', nodes: [outcome] },
  Node: {
    id: 'node-1',
    gateway: 'default',
    version: '0.1.0',
    schemaLevel: 1,
    kinds: ['gateway', 'route', 'service'],
    receivesSecrets: true,
    state: 'live',
    appliedRevision: 7,
    nackedRevision: null,
    faults: [],
    targets: [{ service: exampleName, address: '127.0.0.1:9101', healthy: true }],
    connectedAt: instant,
    lastSeenAt: instant,
  },
  Change: change,
  Revision: {
    revision: 7,
    committedAt: instant,
    actor: 'bootstrap',
    requestId: id,
    gateways: ['default'],
    changes: [change],
  },
  EffectivePolicies: {
    route: exampleName,
    gateway: 'default',
    service: null,
    consumer: null,
    policies: [{ ...attachment, from: { kind: 'route', id, name: exampleName } }],
  },
  Problem: {
    type: 'urn:sluice:error:validation_failed',
    title: 'The request content is not valid',
    status: 400,
    code: 'validation_failed',
    detail: '/pahts: unknown property',
    requestId: id,
    errors: [{ pointer: '/pahts', detail: 'unknown property' }],
  },
});

/** The example value of a path parameter. */
export function pathExample(parameter: string): string {
  const fixed: Readonly<Record<string, string>> = {
    revision: '1',
    node: 'node-1',
    policy: 'static-response',
  };
  return fixed[parameter] ?? exampleName;
}
