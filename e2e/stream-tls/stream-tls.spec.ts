import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTestAuthority } from '@sluice/testkit';
import type { TestAuthority } from '@sluice/testkit';
import { waitUntil } from '../../scripts/process/wait-until.ts';
import { Stack } from '../harness/stack.ts';
import type { ProxyNode } from '../harness/stack.ts';

const patienceMs = 60_000;

/** The status of /readyz, and why the node is not ready. */
async function readiness({ statusUrl }: ProxyNode): Promise<{ status: number; text: string }> {
  const response = await fetch(`${statusUrl}/readyz`).catch(() => undefined);
  return { status: response?.status ?? 0, text: (await response?.text()) ?? '' };
}

async function untilReason(node: ProxyNode, reason: RegExp): Promise<void> {
  let last = { status: 0, text: '' };
  await waitUntil(
    `${node.name} says why it is not connected`,
    async () => {
      last = await readiness(node);
      return last.status === 503 && reason.test(last.text);
    },
    patienceMs,
  ).catch(() => undefined);
  // Shows what it says instead.
  expect(last).toEqual({ status: 503, text: expect.stringMatching(reason) });
}

async function applies(stack: Stack, nodes: number): Promise<void> {
  const username = `user-${Math.random().toString(36).slice(2)}`;
  const { nodes: outcomes } = await stack.admin.consumers.create({ username }, { waitMs: 20_000 });
  expect(outcomes).toEqual(
    Array.from({ length: nodes }, () => expect.objectContaining({ outcome: 'applied' })),
  );
}

describe('the config stream over TLS with a generated certificate', () => {
  let stack: Stack;
  let fingerprintFile: string;

  beforeAll(async () => {
    stack = await Stack.start({ proxies: 0, controlPlaneEnv: { SLUICE_STREAM_TLS: '1' } });
    fingerprintFile = join(stack.folder, 'control-plane-1', 'stream-fingerprint');
  }, patienceMs);
  afterAll(() => stack.stop());

  it(
    'serves a node that has the fingerprint, and no other',
    async () => {
      await stack.addProxy({ SLUICE_STREAM_FINGERPRINT_FILE: fingerprintFile });
      await applies(stack, 1);
      const wrong = { SLUICE_STREAM_FINGERPRINT: '0'.repeat(64) };
      await untilReason(await stack.addProxy(wrong, false), /which is not the expected one/);
      const byCa = { SLUICE_STREAM_TLS: '1' };
      await untilReason(await stack.addProxy(byCa, false), /SLUICE_STREAM_FINGERPRINT/);
      const plaintext = await stack.addProxy({}, false);
      await untilReason(plaintext, /TLS/);
      await applies(stack, 1);
    },
    patienceMs * 2,
  );
});

describe('the config stream with certificates from files on both sides', () => {
  let authority: TestAuthority;
  let folder: string;
  let stack: Stack;
  let node: ProxyNode;

  const path = (name: string): string => join(folder, name);
  const issue = async (name: string, names: readonly string[]): Promise<void> => {
    const { cert, key } = await authority.issue({ names });
    await writeFile(path(`${name}.crt`), cert);
    await writeFile(path(`${name}.key`), key);
  };
  const own = (name: string): Record<string, string> => ({
    SLUICE_STREAM_CA_FILE: path('ca.crt'),
    SLUICE_STREAM_CLIENT_CERT_FILE: path(`${name}.crt`),
    SLUICE_STREAM_CLIENT_KEY_FILE: path(`${name}.key`),
  });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sluice-stream-tls-'));
    authority = await createTestAuthority();
    await writeFile(path('ca.crt'), authority.ca);
    await issue('control-plane', ['127.0.0.1']);
    await issue('node', ['node-1']);
    stack = await Stack.start({
      proxies: 0,
      controlPlaneEnv: {
        SLUICE_STREAM_CERT_FILE: path('control-plane.crt'),
        SLUICE_STREAM_KEY_FILE: path('control-plane.key'),
        SLUICE_STREAM_CLIENT_CA_FILE: path('ca.crt'),
      },
    });
    node = await stack.addProxy(own('node'));
  }, patienceMs);
  afterAll(async () => {
    await stack.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it(
    'serves nodes that present a certificate of the CA only',
    async () => {
      await applies(stack, 1);
      const without = await stack.addProxy({ SLUICE_STREAM_CA_FILE: path('ca.crt') }, false);
      await untilReason(without, /certificate/i);
      await applies(stack, 1);
    },
    patienceMs * 2,
  );

  it(
    'reads a renewed certificate on SIGHUP without ending streams, and keeps it when the next is damaged',
    async () => {
      const controlPlane = stack.controlPlanes[0]?.process;
      const connects = (): number =>
        node.process.lines.filter((line) => line.includes('connected to the control plane')).length;
      const before = connects();
      const first = await stack.read('control-plane-1/stream-fingerprint');
      await issue('control-plane', ['127.0.0.1']);
      process.kill(controlPlane?.pid ?? 0, 'SIGHUP');
      await waitUntil(
        'the fingerprint is that of the new certificate',
        async () => (await stack.read('control-plane-1/stream-fingerprint')) !== first,
        patienceMs,
      );
      const second = await stack.read('control-plane-1/stream-fingerprint');
      await stack.addProxy({ ...own('node'), SLUICE_STREAM_CA_FILE: path('ca.crt') });
      await writeFile(path('control-plane.key'), 'damaged');
      process.kill(controlPlane?.pid ?? 0, 'SIGHUP');
      await waitUntil(
        'the log says that the certificate was not replaced',
        async () => controlPlane?.tail().includes('was not replaced') === true,
        patienceMs,
      );
      expect(await stack.read('control-plane-1/stream-fingerprint')).toBe(second);
      await stack.addProxy({
        SLUICE_STREAM_FINGERPRINT: second.trim(),
        SLUICE_STREAM_CLIENT_CERT_FILE: path('node.crt'),
        SLUICE_STREAM_CLIENT_KEY_FILE: path('node.key'),
      });
      expect(connects()).toBe(before);
      await applies(stack, 3);
    },
    patienceMs * 2,
  );
});
