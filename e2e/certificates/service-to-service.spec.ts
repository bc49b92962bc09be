import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTestAuthority } from '../../packages/testkit/src/certificates.ts';
import { freePort } from '../../scripts/process/ports.ts';
import { registerService } from '../harness/configure.ts';
import { Origin } from '../harness/origin.ts';
import { adminToken, Stack } from '../harness/stack.ts';

const guide = readFileSync(
  new URL('../../docs/guides/service-to-service-with-mtls.md', import.meta.url),
  'utf8',
);

/** The shell commands of a section, block by block. */
function blocksOf(section: string): string[] {
  const text = guide.split(/^## /m).find((part) => part.startsWith(section)) ?? '';
  return [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = '']) => block);
}

describe('the guide "Service to service with mTLS"', () => {
  const started = new AsyncDisposableStack();
  let stack: Stack;
  let tlsPort: number;

  beforeAll(async () => {
    tlsPort = await freePort();
    const origin = started.use(await Origin.start('stock'));
    stack = started.use(await Stack.start({ proxyEnv: { SLUICE_TLS_PORT: String(tlsPort) } }));
    await registerService(stack.admin, 'stock', [origin.address]);
    const authority = await createTestAuthority();
    const { cert, key } = await authority.issue({ names: ['api.test'] });
    writeFileSync(join(stack.folder, 'gateway-ca.pem'), authority.ca);
    await stack.admin.request('POST', '/v1/certificates?wait=applied', {
      content: { name: 'api', certificate: cert, key },
    });
  }, 90_000);
  afterAll(() => started.disposeAsync());

  /** Runs the commands of a block in the folder of the stack; returns what they print. */
  async function run(block = ''): Promise<string> {
    const { host } = new URL(stack.controlPlane.url);
    const commands = block
      .replaceAll('localhost:8001', host)
      .replaceAll('curl -s ', `curl -s --resolve api.test:${tlsPort}:127.0.0.1 `)
      .replaceAll('api.test:8443', `api.test:${tlsPort}`);
    const admin = `admin() { curl -sS -f -H 'Authorization: Bearer ${adminToken}' -H 'Content-Type: application/json' "$@"; echo; }`;
    const PATH = `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`;
    const { stdout } = await promisify(execFile)('sh', ['-ec', `${admin}\n${commands}`], {
      cwd: stack.folder,
      env: { PATH },
      timeout: 60_000,
    });
    return stdout;
  }

  it('works from the first command to the last', async () => {
    for (const section of ['A CA', 'Ask for'])
      for (const block of blocksOf(section)) await run(block);
    const [name, call] = blocksOf('Name the caller');
    await run(name);
    const answers = (await run(call)).trimEnd();
    expect(answers).toMatch(/401$/);
    expect(answers).toMatch(/stock/);
    const [token] = blocksOf('A certificate and a token');
    expect(await run(token)).toMatch(/stock/);
    await stack.admin.request('PATCH', '/v1/routes/stock?wait=applied', {
      content: { policies: [{ name: 'mtls-auth' }] },
    });
    expect(await run(call)).toMatch(/stock/);
    const [revoke] = blocksOf('Revoke');
    expect(await run(revoke)).toMatch(/crlsNextUpdate/);
    // The handshake succeeds, and the connection is closed before a request is served.
    await expect(run(call?.split('\n')[0])).rejects.toThrow(/Command failed/);
  });
});
