import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { Service } from '@sluice/config';
import { TargetConnector } from './connect-target.ts';
import { tryConnection, type ConnectionOutcome } from './try-connection.ts';

describe('a trial by connection', () => {
  const servers: Server[] = [];
  afterEach(() => servers.splice(0).forEach((server) => server.close()));

  async function listening(): Promise<string> {
    const server = createServer((socket) => socket.on('error', () => undefined)).listen(
      0,
      '127.0.0.1',
    );
    servers.push(server);
    await once(server, 'listening');
    return `127.0.0.1:${(server.address() as AddressInfo).port}`;
  }
  const outcome = (
    address: string,
    protocol: Service['protocol'] = 'http',
    connectMs = 10_000,
  ): Promise<ConnectionOutcome> => {
    const { tls } = Service.parse({ name: 'orders', protocol, targets: [{ address }] });
    return new Promise((resolve) =>
      tryConnection(new TargetConnector({ protocol, address, tls }), connectMs, resolve),
    );
  };

  it('succeeds when the target takes connections', async () => {
    expect(await outcome(await listening())).toBe('connected');
  });

  it('fails when nothing listens', async () => {
    const address = await listening();
    const server = servers.pop() as Server;
    server.close();
    await once(server, 'close');
    expect(await outcome(address)).toBe('failed');
  });

  it('ends in time when the TLS handshake is not answered', async () => {
    expect(await outcome(await listening(), 'https', 100)).toBe('failed');
  });
});
