import { afterEach, describe, expect, it } from '@jest/globals';
import { HeaderList } from '@sluice/http1';
import type { Downstream } from '../exchange/downstream.ts';
import { get, ListenerFixture, ok, soon } from './testing/listener-fixture.ts';
import { collect, echo } from './testing/running-listener.ts';

const fixture = new ListenerFixture();
afterEach(() => fixture.stop());

describe('persistence', () => {
  it('answers pipelined requests one after another, in order', async () => {
    let concurrent = 0;
    let most = 0;
    await fixture.serve((downstream) => {
      most = Math.max(most, ++concurrent);
      const { path } = downstream;
      setTimeout(
        () => {
          concurrent--;
          downstream.respond(200, new HeaderList(), path);
        },
        5 - Number(path.slice(1)),
      );
    });
    const client = await fixture.open();
    client.send([1, 2, 3, 4].map((index) => get(`/${index}`)).join(''));
    for (const index of [1, 2, 3, 4]) expect((await client.readResponse()).body).toBe(`/${index}`);
    expect(most).toBe(1);
  });

  it.each([
    ['1.1', '', false],
    ['1.1', 'Connection: close\r\n', true],
    ['1.0', '', true],
    ['1.0', 'Connection: keep-alive\r\n', false],
  ])('HTTP/%s with "%s" closes: %s', async (version, fields, closes) => {
    await fixture.serve(ok);
    const client = await fixture.open();
    client.send(get('/a', fields, version));
    const response = await client.readResponse();
    expect(response.body).toBe('/a');
    if (closes) {
      expect(response.headers.get('connection')).toBe('close');
      await client.readToEnd();
    } else {
      expect(response.headers.get('connection')).toBe(version === '1.0' ? 'keep-alive' : undefined);
      client.send(get('/b'));
      expect((await client.readResponse()).body).toBe('/b');
    }
  });

  it('begins a request in a later turn than the end of the previous exchange', async () => {
    const order: string[] = [];
    await fixture.serve((downstream) => {
      const { path } = downstream;
      order.push(`open ${path}`);
      void Promise.resolve().then(async () => {
        downstream.respond(200, new HeaderList(), path);
        await Promise.resolve();
        await new Promise(process.nextTick);
        order.push(`settle ${path}`);
      });
    });
    const client = await fixture.open();
    client.send(get('/1') + get('/2') + get('/3'));
    for (let index = 0; index < 3; index++) await client.readResponse();
    expect(order).toEqual(['open /1', 'settle /1', 'open /2', 'settle /2', 'open /3', 'settle /3']);
  });

  it('serves a client that ends its side after complete requests if configured, and closes', async () => {
    await fixture.serve((downstream) => {
      downstream.servesHalfClosed = true;
      setTimeout(() => ok(downstream), 10);
    });
    const client = await fixture.open();
    client.send(get('/1') + get('/2')).endSending();
    expect((await client.readResponse()).body).toBe('/1');
    const last = await client.readResponse();
    expect([last.body, last.headers.get('connection')]).toEqual(['/2', 'close']);
    expect(await client.readToEnd()).toBe('');
  });

  it.each([
    'GET / HT',
    'GET / HTTP/1.1\r\nHost: a.test\r\n',
    'POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n\r\nabc',
  ])('answers 400 when the client ends its side inside %j', async (bytes) => {
    await fixture.serve(echo);
    const client = await fixture.open();
    client.send(bytes).endSending();
    expect((await client.readResponse()).status).toBe(400);
    expect(await client.readToEnd()).toBe('');
  });

  it('counts the bytes of each exchange', async () => {
    const counts: number[][] = [];
    await fixture.serve((downstream) => {
      collect(downstream.content, (content) => {
        downstream.respond(200, HeaderList.of({ Date: 'D' }), content);
        counts.push([downstream.bytesReceived, downstream.bytesSent]);
      });
    });
    const client = await fixture.open();
    const post = 'POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 3\r\n\r\nabc';
    client.send(post + get('/x'));
    await client.readResponse();
    await client.readResponse();
    const head = 'HTTP/1.1 200 OK\r\nDate: D\r\nContent-Length: 3\r\n\r\n'.length;
    expect(counts).toEqual([
      [post.length, head + 3],
      [get('/x').length, head],
    ]);
  });
});

describe('unread content', () => {
  const refuseUnread = (downstream: Downstream): void =>
    downstream.respond(401, new HeaderList(), downstream.path);
  const post = (length: number): string =>
    `POST /p HTTP/1.1\r\nHost: a.test\r\nContent-Length: ${length}\r\n\r\n`;

  it('is discarded up to the bound, and the connection is kept', async () => {
    await fixture.serve(refuseUnread);
    const client = await fixture.open();
    client.send(post(60_000));
    expect((await client.readResponse()).status).toBe(401);
    client.send('x'.repeat(60_000) + get('/next'));
    expect((await client.readResponse()).body).toBe('/next');
  });

  it('beyond the bound closes the connection, and the client still receives its response', async () => {
    await fixture.serve(refuseUnread);
    const client = await fixture.open();
    client.send(post(400_000) + 'x'.repeat(200_000));
    const response = await client.readResponse();
    expect([response.status, response.headers.get('connection')]).toEqual([401, 'close']);
    client.send('x'.repeat(200_000));
    expect(await client.readToEnd()).toBe('');
    expect(client.ending).toBe('end');
  });

  it.each([
    ['a trailer field keeps', 'X-Sum: 1', true],
    ['a forbidden trailer field closes', 'Content-Length: 1', false],
  ])('in chunks with %s the connection', async (_, trailer, keeps) => {
    await fixture.serve((downstream) =>
      downstream.method === 'POST' ? refuseUnread(downstream) : ok(downstream),
    );
    const client = await fixture.open();
    client.send('POST /p HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n');
    const refused = await client.readResponse();
    // The trailer section arrives after the response, which therefore announces no close.
    expect([refused.status, refused.headers.get('connection')]).toEqual([401, undefined]);
    client.send(`2\r\nok\r\n0\r\n${trailer}\r\n\r\n${get('/next')}`);
    if (keeps) expect((await client.readResponse()).body).toBe('/next');
    else expect((await client.readToEnd()).length).toBe(0);
  });

  it('in endless chunks closes the connection beyond the bound', async () => {
    await fixture.serve(refuseUnread, { lingerMs: 100 });
    const client = await fixture.open();
    client.send('POST /p HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n');
    expect((await client.readResponse()).status).toBe(401);
    for (let index = 0; index < 20 && client.ending === undefined; index++) {
      client.send(`2000\r\n${'x'.repeat(8_192)}\r\n`);
      await soon(2);
    }
    await client.readToEnd();
  });

  it('is refused with 413 by its announced length, and kept when the rest is small', async () => {
    await fixture.serve((downstream) => {
      downstream.maxBodyBytes = 10;
      echo(downstream);
    });
    const client = await fixture.open();
    client.send(`${post(11)}${'x'.repeat(11)}${get('/next')}`);
    expect(await client.readResponse()).toMatchObject({ status: 413, body: 'content_too_large' });
    expect((await client.readResponse()).body).toBe('GET a.test/next ');
  });

  it('is refused with 413 while it streams', async () => {
    await fixture.serve((downstream) => {
      downstream.maxBodyBytes = 10;
      echo(downstream);
    });
    const client = await fixture.open();
    client.send(
      'POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n12345678\r\n8\r\n12345678\r\n0\r\n\r\n' +
        get('/next'),
    );
    expect(await client.readResponse()).toMatchObject({ status: 413, body: 'content_too_large' });
    expect((await client.readResponse()).body).toBe('GET a.test/next ');
  });

  it('above 10 MiB is refused by default', async () => {
    await fixture.serve(echo);
    const client = await fixture.open();
    client.send(post(10_485_761));
    expect((await client.readResponse()).status).toBe(413);
  });
});

describe('Expect: 100-continue', () => {
  const expecting =
    'POST / HTTP/1.1\r\nHost: a.test\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n';

  it('is answered with 100 when the content is read, not before', async () => {
    let start: () => void = () => undefined;
    await fixture.serve((downstream) => (start = () => echo(downstream)));
    const client = await fixture.open();
    client.send(expecting);
    await soon();
    expect(client.received.length).toBe(0);
    start();
    expect(await client.readUntil('\r\n\r\n')).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    client.send('abc');
    expect((await client.readResponse()).body).toBe('POST a.test/ abc');
  });

  it('gets a final response when it is refused, and the connection closes because its next bytes are ambiguous', async () => {
    await fixture.serve((downstream) => downstream.respond(401, new HeaderList(), ''));
    const client = await fixture.open();
    client.send(expecting);
    const response = await client.readResponse();
    expect([response.status, response.headers.get('connection')]).toEqual([401, 'close']);
  });

  it('is not answered with 100 when the content has arrived or is too large', async () => {
    await fixture.serve((downstream) => {
      downstream.maxBodyBytes = 3;
      echo(downstream);
    });
    const client = await fixture.open();
    client.send(`${expecting}abc${expecting.replace('3', '4')}`);
    expect((await client.readResponse()).body).toBe('POST a.test/ abc');
    expect((await client.readResponse()).status).toBe(413);
  });
});
