import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Resource } from '@sluice/config';
import { parseConfigFile, type ConfigFileError } from './config-file.ts';
import { ConfigState } from './config-state.ts';
import { FileSource } from './file-source.ts';
import type { ApplyOutcome } from './source.ts';

const parse = (content: unknown, gateway = 'default') =>
  parseConfigFile(
    typeof content === 'string' ? content : JSON.stringify(content),
    'sluice.json',
    gateway,
  );
const service = { name: 'orders', targets: [{ address: '127.0.0.1:9101' }] };

describe('parseConfigFile', () => {
  it('reads resources in the format of the Admin API, with references by name', () => {
    const resources = parse({
      services: [service],
      routes: [{ name: 'orders', paths: ['/orders/*'], service: 'orders' }],
      consumers: [{ username: 'acme' }],
      keys: [{ name: 'ci', consumer: 'acme', key: 'a-key-of-their-own' }],
    });
    const find = (kind: string) => resources.find((resource) => resource.kind === kind) as Resource;
    expect(find('route').spec).toMatchObject({
      service: find('service').id,
      gateways: [find('gateway').id],
    });
    expect(find('credential').spec).toMatchObject({
      consumer: find('consumer').id,
      hash: createHash('sha256').update('a-key-of-their-own').digest('hex'),
    });
    expect(JSON.stringify(resources)).not.toContain('of-their-own');
    expect(find('service').spec).toMatchObject({ protocol: 'http', timeouts: { connectMs: 3000 } });
  });

  it('resolves references in the configurations of policies', () => {
    const acl = (group: string) => ({
      groups: [{ name: 'gold' }],
      consumers: [{ username: 'acme', groups: ['gold'] }],
      routes: [
        {
          name: 'guarded',
          policies: [
            { name: 'static-response' },
            { name: 'acl', config: { allow: { groups: [group] }, deny: { consumers: ['acme'] } } },
          ],
        },
      ],
    });
    const resources = parse(acl('gold'));
    const idOf = (kind: string) => resources.find((resource) => resource.kind === kind)?.id;
    expect(resources.find(({ kind }) => kind === 'route')?.spec).toMatchObject({
      policies: [
        {},
        { config: { allow: { groups: [idOf('group')] }, deny: { consumers: [idOf('consumer')] } } },
      ],
    });
    expect(() => parse(acl('silver'))).toThrow(
      '/routes/0/policies/1/config/allow/groups/0: there is no group "silver" in this file',
    );
  });

  it('gives the same resource the same id every time, and different ones different ids', () => {
    const content = {
      services: [service],
      consumers: [{ username: 'a' }, { username: 'b' }],
      keys: ['a', 'b'].map((consumer) => ({
        name: 'main',
        consumer,
        hash: '0'.repeat(64),
        prefix: '',
      })),
    };
    expect(parse(content)).toEqual(parse(content));
    expect(new Set(parse(content).map(({ id }) => id)).size).toBe(6);
    for (const { id } of parse(content))
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it('omits other gateways and their routes', () => {
    const answer = [{ name: 'static-response' }];
    const routes = [
      { name: 'ours', gateways: ['edge'], policies: answer },
      { name: 'theirs', gateways: ['internal'], policies: answer },
      { name: 'shared', gateways: ['internal', 'edge'], policies: answer },
    ];
    const resources = parse({ gateways: [{ name: 'edge' }, { name: 'internal' }], routes }, 'edge');
    expect(resources.map(({ kind, spec }) => `${kind} ${(spec as { name: string }).name}`)).toEqual(
      ['gateway edge', 'route ours', 'route shared'],
    );
  });

  it('adds the gateway of this node only when the file has none', () => {
    expect(parse({}, 'edge')).toMatchObject([{ kind: 'gateway', spec: { name: 'edge' } }]);
    expect(
      parse({ gateways: [{ name: 'edge', limits: { maxBodyBytes: 1 } }] }, 'edge'),
    ).toMatchObject([{ spec: { limits: { maxBodyBytes: 1 } } }]);
  });

  it('reports all faults together', () => {
    const content = {
      service: [],
      services: [{ name: 'a b', targets: [] }, service, service],
      routes: [
        { name: 'r', gateways: ['nowhere'], service: 'nothing', colour: 1 },
        { name: 's', service: 'nothing' },
      ],
      keys: 1,
    };
    let message = '';
    try {
      parse(content);
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).toMatch(/^sluice\.json cannot be used:\n/);
    for (const pointer of [
      '/service:',
      '/services/0/name:',
      '/services/0/targets:',
      '/services/2:',
      '/routes/0/colour:',
      '/routes/1/service: there is no service "nothing"',
      '/keys: expected an array',
    ])
      expect(message).toContain(`  ${pointer}`);
  });

  it('lists twenty faults and the number of the others', () => {
    let fault: unknown;
    try {
      parse({ services: Array.from({ length: 500 }, () => ({ name: 'a b', targets: [] })) });
    } catch (error) {
      fault = error;
    }
    const { message, summary } = fault as ConfigFileError;
    expect(message.split('\n')).toHaveLength(22);
    expect(message).toMatch(/\n {2}… and \d{3,} more$/);
    expect(summary).toMatch(
      /^sluice\.json cannot be used: \/services\/0\/name: .* \(and \d+ more\)$/,
    );
  });

  it.each([
    ['/nowhere/sluice.json', '/nowhere/sluice.json cannot be used: it does not exist'],
    [tmpdir(), `${tmpdir()} cannot be used: it is a folder`],
  ])('says what %s is', (path, message) => {
    const target = {
      applySnapshot: (): Promise<ApplyOutcome> => Promise.reject(new Error('not called')),
      applyDelta: (): ApplyOutcome => ({ applied: false, faults: [], quarantined: [] }),
    };
    const note = (): void => undefined;
    const log = { info: note, warn: note, error: note };
    const state = new ConfigState();
    const read = new FileSource({ path, gateway: 'default', target, state, log });
    expect(() => read.start()).toThrow(new Error(message));
  });

  it('says that YAML is not JSON', () => {
    expect(() => parse('services:\n  - name: orders\n')).toThrow(
      /^sluice\.json cannot be used: it is not JSON \(YAML is not supported\): /,
    );
  });

  it('reports a default that refers to a gateway that is not in the file', () => {
    const routes = [{ name: 'r', policies: [{ name: 'static-response' }] }];
    expect(() => parse({ gateways: [{ name: 'edge' }], routes }, 'edge')).toThrow(
      '/routes/0/gateways: there is no gateway "default" in this file, to which `gateways` defaults; set `gateways`',
    );
  });

  it.each(['', '[]', 'null', '{"services":'])('refuses %j', (text) => {
    expect(() => parse(text)).toThrow(/cannot be used/);
  });
});

describe('FileSource', () => {
  let folder: string;
  let path: string;
  let source: FileSource;
  let applied: string[][];
  let state: ConfigState;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sluice-file-'));
    path = join(folder, 'sluice.json');
    applied = [];
    state = new ConfigState();
    const target = {
      applySnapshot(_: number, resources: Iterable<Resource>): ApplyOutcome {
        applied.push([...resources].map(({ kind }) => kind));
        return { applied: true, faults: [], quarantined: [] };
      },
      applyDelta: (): ApplyOutcome => ({ applied: false, faults: [], quarantined: [] }),
    };
    const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
    source = new FileSource({ path, gateway: 'default', target, state, log });
  });

  afterEach(async () => {
    await source.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const reload = (): Promise<void> => source.reload();

  it('reads the file at the start and on reload; a fault leaves the current configuration in service', async () => {
    await writeFile(path, '{}');
    source.start();
    await sleep(0);
    expect(state.describe()).toMatchObject({ origin: 'file', revision: 1, ageMs: 0 });

    await writeFile(path, JSON.stringify({ services: [service] }));
    await reload();
    expect(applied).toEqual([['gateway'], ['service', 'gateway']]);
    expect(state.revision).toBe(2);

    await writeFile(path, '{');
    await reload();
    expect(state.describe()).toMatchObject({
      revision: 2,
      lastError: expect.stringContaining('cannot be used'),
    });
    await writeFile(path, '{}');
    await reload();
    expect(state.describe()).toMatchObject({ revision: 3, lastError: '' });
  });

  it('cannot start without a file, or with a faulty one', async () => {
    expect(() => source.start()).toThrow(/sluice\.json cannot be used: it does not exist$/);
    await writeFile(path, '{"routes":{}}');
    expect(() => source.start()).toThrow(/expected an array/);
  });
});
