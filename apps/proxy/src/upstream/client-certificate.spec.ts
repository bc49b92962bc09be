import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createSecureServer } from 'node:http2';
import { createServer as createHttps } from 'node:https';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { Service } from '@sluice/config';
import type { UpstreamTarget } from '../exchange/upstream-call.ts';
import { eventually } from '../listener/testing/running-listener.ts';
import { TimerWheel } from '../net/timer-wheel.ts';
import {
  certificateA,
  certificateB,
  localCertificate,
  testAuthority,
} from './testing/certificates.ts';
import { RecordedCall } from './testing/recorded-call.ts';
import { UpstreamRegistry } from './upstream-registry.ts';

/**
 * A server that admits only who shows a certificate of our authority, and says whom it has seen.
 */
function origin(protocol: 'https' | 'h2', sockets: TLSSocket[]): Server {
  const settings = {
    cert: localCertificate.cert,
    key: localCertificate.key,
    ca: testAuthority,
    requestCert: true,
    rejectUnauthorized: true,
  };
  const answer = (
    request: { readonly socket: unknown },
    response: { end(text: string): void },
  ): void => {
    const socket = request.socket as TLSSocket;
    response.end(
      `${String(socket.getPeerCertificate().subject.CN)}${socket.isSessionReused() ? ' again' : ''}`,
    );
  };
  const server =
    protocol === 'h2'
      ? createSecureServer(settings, answer)
      : createHttps(settings, (request: IncomingMessage, response: ServerResponse) =>
          answer(request, response),
        );
  server.on('secureConnection', (socket: TLSSocket) => sockets.push(socket));
  server.on('tlsClientError', () => undefined);
  return server as Server;
}

describe.each(['https', 'h2'] as const)(
  'a target that asks for a certificate, over %s',
  (protocol) => {
    let wheel: TimerWheel;
    let registry: UpstreamRegistry;
    let server: Server;
    let sockets: TLSSocket[];

    beforeEach(async () => {
      wheel = new TimerWheel({ tickMs: 10 }).start();
      registry = new UpstreamRegistry(wheel);
      sockets = [];
      server = origin(protocol, sockets);
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
    });
    afterEach(() => {
      registry.closeAll();
      for (const socket of sockets) socket.destroy();
      server.close();
      wheel.stop();
    });

    const acquire = (tls: object): UpstreamTarget => {
      const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
      const spec = Service.parse({
        name: 'orders',
        protocol,
        targets: [{ address }],
        tls: { caCertificates: testAuthority, ...tls },
      });
      return registry.acquire('s', spec).pick(true) as UpstreamTarget;
    };
    const openCount = (): number => registry.connections().reduce((sum, { open }) => sum + open, 0);
    const body = async (target: UpstreamTarget): Promise<string> => {
      const { body: text, failure } = await RecordedCall.send(target).over;
      return failure === undefined ? text : failure.code;
    };
    const hangUp = async (): Promise<void> => {
      for (const socket of sockets.splice(0)) socket.destroy();
      await eventually(() => openCount() === 0);
    };

    it('receives the one that the service names', async () => {
      registry.clientCertificates.replace({ mesh: certificateA, other: certificateB });
      expect(await body(acquire({ clientCertificate: 'mesh' }))).toBe('a.test');
    });

    it('refuses connections without one', async () => {
      expect(await body(acquire({}))).toMatch(/^upstream_/);
    });

    it('is a different target with another certificate', async () => {
      registry.clientCertificates.replace({ mesh: certificateA, other: certificateB });
      const [mesh, other, none] = [
        acquire({ clientCertificate: 'mesh' }),
        acquire({ clientCertificate: 'other' }),
        acquire({}),
      ];
      expect([await body(mesh), await body(other), await body(none)]).toEqual([
        'a.test',
        'b.test',
        expect.stringMatching(/^upstream_/),
      ]);
    });

    it('resumes its session; not that of a certificate that was replaced', async () => {
      registry.clientCertificates.replace({ mesh: certificateA });
      const target = acquire({ clientCertificate: 'mesh' });
      const seen = [await body(target)];
      await hangUp();
      seen.push(await body(target));
      // Read again, and nothing has changed.
      registry.clientCertificates.replace({ mesh: { ...certificateA } });
      await hangUp();
      seen.push(await body(target));
      registry.clientCertificates.replace({ mesh: certificateB });
      await hangUp();
      seen.push(await body(target));
      await hangUp();
      seen.push(await body(target));
      expect(seen).toEqual(['a.test', 'a.test again', 'a.test again', 'b.test', 'b.test again']);
    });

    it('is not called when this node does not have the certificate, or no longer', async () => {
      expect(() => acquire({ clientCertificate: 'mesh' })).toThrow(
        'this node has no client certificate "mesh": put mesh.crt and mesh.key into the folder of SLUICE_CLIENT_CERT_DIR',
      );
      registry.clientCertificates.replace({ mesh: certificateA });
      const target = acquire({ clientCertificate: 'mesh' });
      registry.clientCertificates.replace({});
      const { failure } = await RecordedCall.send(target).over;
      expect(failure).toMatchObject({
        code: 'upstream_connect_failed',
        unsent: true,
        reason: expect.stringContaining('no client certificate "mesh"'),
      });
      expect(sockets).toEqual([]);
    });
  },
);
