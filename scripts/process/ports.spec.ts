import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freePort, isPortFree, portFrom, requireFreePorts } from './ports.ts';

const occupant = createServer();
let taken = 0;

beforeAll(async () => {
  occupant.listen(0, '127.0.0.1');
  await once(occupant, 'listening');
  taken = (occupant.address() as AddressInfo).port;
});

afterAll(() => {
  occupant.close();
});

describe('ports', () => {
  it('knows a free port from a taken one', async () => {
    expect(await isPortFree(taken)).toBe(false);
    expect(await isPortFree(await freePort())).toBe(true);
  });

  it('gives no port twice, and none that a connection could be given', async () => {
    const ports = await Promise.all(Array.from({ length: 50 }, freePort));
    expect(new Set(ports).size).toBe(50);
    expect(Math.max(...ports)).toBeLessThan(32_768);
  });

  it('names every taken or doubled port and the variable that moves it', async () => {
    const free = await freePort();
    const check = requireFreePorts([
      { port: taken, purpose: 'the proxy', variable: 'SLUICE_PROXY_PORT' },
      { port: free, purpose: 'the Admin API', variable: 'SLUICE_ADMIN_PORT' },
      { port: free, purpose: 'the config stream', variable: 'SLUICE_STREAM_PORT' },
    ]);
    await expect(check).rejects.toThrow(
      `Port ${taken} (the proxy) is taken by another program, perhaps another Sluice. Stop it, or choose another port: SLUICE_PROXY_PORT=<port>.\n` +
        `Port ${free} is set twice: by the Admin API (SLUICE_ADMIN_PORT) and by the config stream (SLUICE_STREAM_PORT).`,
    );
    await expect(
      requireFreePorts([{ port: free, purpose: 'the proxy', variable: 'SLUICE_PROXY_PORT' }]),
    ).resolves.toBeUndefined();
  });

  it('reads a port from the environment, or says what is wrong with it', () => {
    expect(portFrom({}, 'PORT', 8000)).toBe(8000);
    expect(portFrom({ PORT: '' }, 'PORT', 8000)).toBe(8000);
    expect(portFrom({ PORT: '9000' }, 'PORT', 8000)).toBe(9000);
    for (const text of ['0', '65536', '80a', '-1', '1e3', ' 80']) {
      expect(() => portFrom({ PORT: text }, 'PORT', 8000)).toThrow(
        /PORT must be a port number from 1 to 65535/,
      );
    }
  });
});
