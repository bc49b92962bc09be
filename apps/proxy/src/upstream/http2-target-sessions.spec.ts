import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '../listener/testing/running-listener.ts';
import { certificateA, localCertificate, testAuthority } from './testing/certificates.ts';
import { Http2Origin } from './testing/http2-origin.ts';
import { Http2TargetFixture, respondHello } from './testing/http2-target-fixture.ts';
import { RawOrigin } from './testing/raw-origin.ts';

const fixture = new Http2TargetFixture();
beforeEach(() => fixture.start());
afterEach(() => fixture.stop());

describe('sessions', () => {
  it('send refused streams once more when their content was not started', async () => {
    let refusals = 0;
    fixture.use(
      await Http2Origin.start((opened) =>
        refusals++ === 0 ? opened.stream.close(7) : respondHello(opened),
      ),
    );
    expect((await fixture.send().over).body).toBe('hello');
  });

  it('that receive GOAWAY finish their streams, and the next call opens another', async () => {
    const started = fixture.use(
      await Http2Origin.start((opened) => {
        if (started.sessions.length > 1) return respondHello(opened);
        opened.stream.session?.goaway(0);
        setTimeout(() => respondHello(opened), 30);
      }),
    );
    const first = fixture.send();
    await eventually(() => started.streams.length === 1);
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect((await fixture.send().over).body).toBe('hello');
    expect((await first.over).body).toBe('hello');
    expect(started.sessions.length).toBe(2);
  });

  it('without a stream are closed after a while, or at once when the target drains', async () => {
    const started = fixture.use(await Http2Origin.start(respondHello), { maxKeepAliveIdleMs: 60 });
    await fixture.send().over;
    await eventually(() => fixture.target.openCount === 0);
    await fixture.send().over;
    fixture.target.drain();
    await eventually(() => fixture.target.openCount === 0);
    expect((await fixture.send().over).body).toBe('hello');
    await eventually(
      () =>
        fixture.target.openCount === 0 && started.sessions.every((session) => session.destroyed),
    );
  });

  it('without progress are not used again', async () => {
    const started = fixture.use(
      await Http2Origin.start((opened) =>
        started.sessions.length > 1 ? respondHello(opened) : undefined,
      ),
    );
    expect((await fixture.send({ timeouts: { firstByteMs: 50 } }).over).failure).toMatchObject({
      code: 'upstream_timeout',
      unsent: false,
    });
    expect((await fixture.send().over).body).toBe('hello');
    expect(started.sessions.length).toBe(2);
  });

  it('have the timeouts of connections: idle content and the whole exchange', async () => {
    fixture.use(
      await Http2Origin.start(({ stream, raw }) => {
        stream.respond([':status', '200']);
        stream.write('half');
        if (!raw.includes('/drip')) return;
        const drip = setInterval(() => stream.write('x'), 10);
        stream.on('close', () => clearInterval(drip));
      }),
    );
    expect(await fixture.send({ timeouts: { idleMs: 50 } }).over).toMatchObject({
      contentFault: 'upstream_timeout',
      body: 'half',
    });
    expect(await fixture.send({ path: '/drip', timeouts: { totalMs: 100 } }).over).toMatchObject({
      contentFault: 'upstream_timeout',
    });
  });

  it('fail every call when the target is closed', async () => {
    fixture.use(await Http2Origin.start(() => undefined));
    const call = fixture.send();
    await eventually(() => fixture.target.idleCount === 0 && fixture.target.openCount === 1);
    await new Promise((resolve) => setTimeout(resolve, 20));
    fixture.target.close();
    expect((await call.over).failure?.code).toBe('upstream_reset');
  });

  it('that cannot be opened fail the call as unsent', async () => {
    fixture.use(await Http2Origin.start(respondHello));
    fixture.origin.stop();
    expect((await fixture.send().over).failure).toMatchObject({
      code: 'upstream_connect_failed',
      unsent: true,
      replayable: true,
    });
    await eventually(() => fixture.target.openCount === 0);
  });

  it('with a server that speaks HTTP/1.1 fail the call', async () => {
    fixture.use(await RawOrigin.answering('HTTP/1.1 400 Bad Request\r\n\r\n'));
    expect((await fixture.send().over).failure?.code).toMatch(/^upstream_/);
    await eventually(() => fixture.target.openCount === 0);
  });
});

describe('HTTP/2 over TLS', () => {
  it('is verified, and negotiated in the handshake', async () => {
    fixture.use(
      await Http2Origin.start(respondHello, { certificate: localCertificate }),
      {},
      { verify: true, caCertificates: testAuthority },
    );
    expect((await fixture.send().over).body).toBe('hello');
  });

  it('is refused with a certificate for another name', async () => {
    const started = fixture.use(
      await Http2Origin.start(respondHello, { certificate: certificateA }),
      {},
      { verify: true, caCertificates: testAuthority },
    );
    expect((await fixture.send().over).failure).toMatchObject({
      code: 'upstream_connect_failed',
      unsent: true,
    });
    expect(started.streams.length).toBe(0);
  });
});
