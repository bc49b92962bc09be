import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { FixtureNode } from '../testing/fixture-node.ts';
import { startTestControlPlane } from '../testing/test-control-plane.ts';
import type { TestControlPlane } from '../testing/test-control-plane.ts';

const token = 'n5Xw2Tq8Rk4Vb7Zm1Yc6Hd3J';

let controlPlane: TestControlPlane;
let node: FixtureNode;

const messages = (): string[] =>
  controlPlane
    .log()
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { message: string }).message);

function streamPort(): number {
  const line =
    controlPlane
      .log()
      .split('\n')
      .find((text) => text.includes('the config stream is listening')) ?? '';
  return Number(/"stream":"127\.0\.0\.1:(\d+)"/.exec(line)?.[1]);
}

beforeEach(async () => {
  controlPlane = await startTestControlPlane({ SLUICE_STREAM_PORT: '0', SLUICE_NODE_TOKEN: token });
  node = new FixtureNode(streamPort(), { token });
  await node.until(() => node.revision > 0);
});

afterEach(async () => {
  node.close();
  await controlPlane.close();
});

describe('the whole control plane with a node', () => {
  it('sends a write to the node, and responds once the node has applied it', async () => {
    const created = await controlPlane.post('/v1/consumers?wait=applied', { username: 'acme' });
    expect(created.status).toBe(201);
    expect(created.body).toMatchObject({
      nodes: [
        {
          id: 'node-1',
          gateway: 'default',
          state: 'live',
          outcome: 'applied',
          appliedRevision: created.body['revision'],
        },
      ],
    });
    expect([...node.records.values()].find(({ kind }) => kind === 'consumer')?.json).toContain(
      '"username":"acme"',
    );

    const key = await controlPlane.post('/v1/consumers/acme/keys?wait=applied', { name: 'main' });
    const streamed =
      [...node.records.values()].find(({ kind }) => kind === 'credential')?.json ?? '';
    expect(streamed).toMatch(/"hash":"[0-9a-f]{64}"/);
    expect(streamed).not.toContain(String(key.body['key']));

    // The deletion of a consumer also deletes its keys, on the nodes too.
    expect((await controlPlane.delete('/v1/consumers/acme?wait=applied')).status).toBe(200);
    expect([...node.records.values()].map(({ kind }) => kind)).toEqual(['gateway']);
  });

  it('lists its nodes', async () => {
    const { body } = await controlPlane.get('/v1/nodes');
    expect(body).toMatchObject({
      data: [{ id: 'node-1', gateway: 'default', state: 'live', version: '1' }],
      next: null,
    });
    expect((await controlPlane.get('/v1/nodes/node-1')).body).toMatchObject({ id: 'node-1' });
    expect(await controlPlane.get('/v1/nodes/no-such-node')).toMatchObject({
      status: 404,
      body: { code: 'resource_not_found' },
    });
    expect(await controlPlane.get('/v1/nodes?state=live')).toMatchObject({
      status: 400,
      body: { code: 'unknown_parameter' },
    });
    expect(await controlPlane.get('/v1/nodes?limit=1&after=x')).toMatchObject({ status: 400 });
  });

  it('reports the outcome of an earlier revision', async () => {
    const { body } = await controlPlane.post('/v1/consumers', { username: 'acme' });
    await node.until(() => node.revision === body['revision']);
    const status = await controlPlane.get(`/v1/revisions/${String(body['revision'])}/status`);
    expect(status).toMatchObject({
      status: 200,
      body: { revision: body['revision'], status: 'applied', nodes: [{ id: 'node-1' }] },
    });
  });

  it('stops in an order in which no node and no write is lost', async () => {
    const crowd = Array.from(
      { length: 100 },
      (_, index) => new FixtureNode(streamPort(), { token, id: `crowd-${index}` }),
    );
    await Promise.all(crowd.map((member) => member.until(() => member.revision > 0)));
    for (const member of crowd) member.close();
    const closing = controlPlane.close();
    await node.until(() => node.frames.at(-1)?.type === 'drain');
    await closing;
    expect(messages().filter((message) => message.startsWith('could not'))).toEqual([]);
    controlPlane = await startTestControlPlane();
  });
});
