import { afterAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { connect } from 'node:tls';
import { GatewayMetrics, MetricsRegistry } from '@sluice/telemetry';
import { CertificateIndex } from '../listener/certificate-index.ts';
import { noClientVerification } from '../listener/client-verification.ts';
import { RunningListener, echo, eventually } from '../listener/testing/running-listener.ts';
import { readKeyPair } from '../net/key-pair.ts';
import { certificateA, localCertificate } from '../upstream/testing/certificates.ts';
import { NodeTls } from './node-tls.ts';

describe('the TLS port of a node', () => {
  const registry = new MetricsRegistry();
  const lines: string[] = [];
  const note = (_: object, message: string): void => void lines.push(message);
  const resources = new CertificateIndex();
  const tls = new NodeTls(
    new GatewayMetrics(registry),
    { warn: note, debug: note } as never,
    () => ({
      serverCertificates: resources,
      clientVerification: noClientVerification,
    }),
  );
  const series = (name: string): Record<string, number> =>
    Object.fromEntries(
      registry
        .snapshot()
        .filter(({ definition }) => definition.name === name)
        .flatMap(({ series: all }) => all)
        .filter(({ values }) => values[0] !== 0)
        .map(({ labels, values }) => [labels.join(), values[0] as number]),
    );

  let running: RunningListener | undefined;
  afterAll(() => running?.stop());

  it('counts handshakes by outcome, and says what to do without a certificate', async () => {
    running = await RunningListener.start(echo, { tls: tls.portOptions(undefined) });
    const { port } = running;
    const handshake = async (): Promise<void> => {
      const socket = connect({
        host: '127.0.0.1',
        port,
        servername: 'a.test',
        rejectUnauthorized: false,
      });
      socket.write('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n');
      await once(socket, 'data').finally(() => socket.destroy());
    };
    for (let turn = 0; turn < 3; turn++)
      await expect(handshake()).rejects.toThrow('alert handshake failure');
    resources.add({ pair: readKeyPair(certificateA), names: ['a.test'], label: 'a' });
    await handshake();
    const name = 'sluice_tls_handshakes_total';
    await eventually(() => series(name)['completed'] === 1);
    expect(series(name)).toEqual({ no_server_certificate: 3, completed: 1 });
    expect(lines).toEqual([
      expect.stringMatching(
        /no certificate: create one .* POST \/v1\/certificates, or set SLUICE_/,
      ),
    ]);
  });

  it('reports when each certificate expires, of at most 500', () => {
    const name = 'sluice_certificate_expiry_timestamp_seconds';
    const { notAfterMs } = readKeyPair(certificateA);
    tls.setFiles([{ ...localCertificate, source: 'local.crt' }]);
    tls.collect();
    expect(series(name)).toMatchObject({ a: notAfterMs / 1_000, 'local.crt': expect.any(Number) });
    const pair = readKeyPair(certificateA);
    for (let at = 0; at < 600; at++)
      resources.add({
        pair: { ...pair, notAfterMs: (at + 1) * 1_000 },
        names: [],
        label: `c${at}`,
      });
    tls.collect();
    const reported = series(name);
    expect([Object.keys(reported).length, reported['c0'], reported['c599']]).toEqual([
      500,
      1,
      undefined,
    ]);
    expect(tls.size).toBe(602);
  });
});
