import { afterEach, describe, expect, it } from '@jest/globals';
import { HeaderList } from '@sluice/http1';
import type { Downstream } from '../exchange/downstream.ts';
import { RawClient } from './testing/raw-client.ts';
import { RunningListener, ScriptedContent } from './testing/running-listener.ts';

let running: RunningListener;
let client: RawClient;

async function serve(handler: (downstream: Downstream) => void): Promise<void> {
  running = await RunningListener.start(handler);
  client = await RawClient.connect(running.port);
}

afterEach(async () => {
  client.close();
  await running.stop();
});

const request = (method: string, version = '1.1', fields = ''): string =>
  `${method} / HTTP/${version}\r\nHost: a.test\r\n${fields}\r\n`;
const dated = (fields: Record<string, string> = {}): HeaderList =>
  HeaderList.of({ ...fields, Date: 'D' });

describe('a response with complete content', () => {
  it('is sent byte for byte as head, framing and content', async () => {
    await serve((downstream) => downstream.respond(201, dated({ 'X-A': 'b' }), 'hello'));
    client.send(request('GET'));
    const expected = 'HTTP/1.1 201 Created\r\nX-A: b\r\nDate: D\r\nContent-Length: 5\r\n\r\nhello';
    expect(await client.readBytes(expected.length)).toBe(expected);
  });

  it('counts bytes, not characters, of a string beyond ASCII', async () => {
    await serve((downstream) => downstream.respond(200, dated(), 'gr\u00fc\u00dfe'));
    client.send(request('GET'));
    const response = await client.readResponse();
    expect(Buffer.from(response.body, 'latin1').toString()).toBe('gr\u00fc\u00dfe');
  });

  it('sends a large buffer unchanged', async () => {
    const content = Buffer.alloc(300_000, 0).map((_, index) => index % 251);
    await serve((downstream) => downstream.respond(200, dated(), Buffer.from(content)));
    client.send(request('GET'));
    const { body } = await client.readResponse();
    expect(Buffer.from(body, 'latin1').equals(Buffer.from(content))).toBe(true);
  });

  it.each([
    ['HEAD', 200, 'hello', 'Content-Length: 5\r\n'],
    ['GET', 204, undefined, ''],
    ['GET', 304, undefined, ''],
    ['HEAD', 304, undefined, ''],
    ['GET', 304, 'hello', ''],
    ['HEAD', 304, 'hello', ''],
    ['HEAD', 204, undefined, ''],
    ['GET', 200, undefined, 'Content-Length: 0\r\n'],
  ])('%s answered with %i', async (method, status, content, framing) => {
    await serve((downstream) =>
      downstream.respond(downstream.path === '/' ? status : 418, dated(), content),
    );
    client.send(request(method));
    expect(await client.readUntil('\r\n\r\n')).toMatch(
      new RegExp(`^HTTP/1.1 ${status} [^\r]+\r\nDate: D\r\n${framing}\r\n$`),
    );
    client.send('GET /next HTTP/1.1\r\nHost: a.test\r\n\r\n');
    expect(await client.readUntil(' ')).toBe('HTTP/1.1 ');
  });

  it('gets a Date when it has none', async () => {
    await serve((downstream) => downstream.respond(200, new HeaderList(), ''));
    client.send(request('GET'));
    const date = (await client.readResponse()).headers.get('date') ?? '';
    expect(Math.abs(Date.parse(date) - Date.now())).toBeLessThan(3_000);
  });

  it('never carries framing or connection fields of the upstream', async () => {
    const fields = { 'Content-Length': '99', 'Transfer-Encoding': 'chunked', Connection: 'X-A' };
    await serve((downstream) => downstream.respond(200, dated(fields), 'hello'));
    client.send(request('GET'));
    const expected = 'HTTP/1.1 200 OK\r\nDate: D\r\nContent-Length: 5\r\n\r\nhello';
    expect(await client.readBytes(expected.length)).toBe(expected);
  });
});

describe('a streamed response', () => {
  const streaming =
    (content: () => ScriptedContent, done: (fault: Error | undefined) => void = () => undefined) =>
    (downstream: Downstream) =>
      downstream.stream(200, dated(), content(), done);

  it('of known length is sent in one write when its content is available', async () => {
    await serve(
      streaming(
        () =>
          new ScriptedContent(
            5,
            (content) => (content.give('he'), content.give('llo'), content.end()),
          ),
      ),
    );
    client.send(request('GET'));
    const expected = 'HTTP/1.1 200 OK\r\nDate: D\r\nContent-Length: 5\r\n\r\nhello';
    expect(await client.readBytes(expected.length)).toBe(expected);
  });

  it('of unknown length is sent in chunks', async () => {
    await serve(
      streaming(
        () =>
          new ScriptedContent(
            -1,
            (content) => (content.give('he'), content.give('llo'), content.end()),
          ),
      ),
    );
    client.send(request('GET'));
    const expected =
      'HTTP/1.1 200 OK\r\nDate: D\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n';
    expect(await client.readBytes(expected.length)).toBe(expected);
  });

  it('sends the head at once and each piece on arrival', async () => {
    const content = new ScriptedContent(-1);
    let done: unknown = 'not yet';
    await serve(
      streaming(
        () => content,
        (fault) => (done = fault),
      ),
    );
    client.send(request('GET'));
    expect(await client.readUntil('\r\n\r\n')).toContain('chunked');
    content.give('one');
    expect(await client.readBytes(8)).toBe('3\r\none\r\n');
    const large = 'x'.repeat(20_000);
    content.give(large);
    expect(await client.readBytes(20_008)).toBe(`4e20\r\n${large}\r\n`);
    expect(done).toBe('not yet');
    content.end();
    expect(await client.readBytes(5)).toBe('0\r\n\r\n');
    expect(done).toBeUndefined();
  });

  it('is delimited by the end of the connection for an HTTP/1.0 client', async () => {
    await serve(
      streaming(() => new ScriptedContent(-1, (content) => (content.give('hello'), content.end()))),
    );
    client.send(request('GET', '1.0', 'Connection: keep-alive\r\n'));
    expect(await client.readToEnd()).toBe(
      'HTTP/1.1 200 OK\r\nDate: D\r\nConnection: close\r\n\r\nhello',
    );
    expect(client.ending).toBe('end');
  });

  it.each([
    ['by length', 10, '1.1'],
    ['in chunks', -1, '1.1'],
    ['delimited by the end of the connection', -1, '1.0'],
  ])('that fails is truncated, never ended normally: %s', async (_, length, version) => {
    const content = new ScriptedContent(length);
    let fault: Error | undefined;
    await serve(
      streaming(
        () => content,
        (error) => (fault = error),
      ),
    );
    client.send(request('GET', version));
    await client.readUntil('\r\n\r\n');
    content.give('hell');
    await client.readUntil('hell');
    content.fail();
    expect(await client.readToEnd()).not.toContain('0\r\n\r\n');
    if (version === '1.0') expect(client.ending).toBe('reset');
    expect(fault).toMatchObject({ code: 'upstream_reset' });
  });

  it.each([
    ['more', 'hello!', 'upstream_malformed_response'],
    ['less', 'hell', 'upstream_reset'],
  ])('with %s content than announced is truncated', async (_, text, code) => {
    const content = new ScriptedContent(5);
    let fault: Error | undefined;
    await serve(
      streaming(
        () => content,
        (error) => (fault = error),
      ),
    );
    client.send(request('GET'));
    await client.readUntil('\r\n\r\n');
    content.give(text);
    content.end();
    expect((await client.readToEnd()).length).toBeLessThan(5);
    expect(fault).toMatchObject({ code });
  });

  it('has no content for HEAD, and cancels the source', async () => {
    const content = new ScriptedContent(5);
    await serve(streaming(() => content));
    client.send(request('HEAD') + request('HEAD'));
    const head = 'HTTP/1.1 200 OK\r\nDate: D\r\nContent-Length: 5\r\n\r\n';
    expect(await client.readBytes(2 * head.length)).toBe(head + head);
    expect(content.cancelled).toBe(true);
  });

  it('waits for a client that does not read, and continues when it does', async () => {
    const piece = 'x'.repeat(60_000);
    const content = new ScriptedContent(-1);
    await serve(streaming(() => content));
    client.socket.pause();
    client.send(request('GET'));
    await new Promise((resolve) => setTimeout(resolve, 20));
    let given = 0;
    while (content.give(piece) && given < 400) given++;
    expect(given).toBeLessThan(400);
    expect(content.resumed).toBe(0);
    client.socket.resume();
    while (content.resumed === 0) await new Promise(setImmediate);
    content.end();
    const { body } = await client.readResponse();
    expect(body.length).toBe((given + 1) * piece.length);
  });
});

describe('interim responses', () => {
  it('precede the final one, and are not sent to HTTP/1.0', async () => {
    await serve((downstream) => {
      downstream.sendInterim(103, HeaderList.of({ Link: '</a.css>' }));
      downstream.respond(200, dated(), '');
    });
    client.send(request('GET'));
    const expected =
      'HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\nHTTP/1.1 200 OK\r\nDate: D\r\nContent-Length: 0\r\n\r\n';
    expect(await client.readBytes(expected.length)).toBe(expected);
    client.send(request('GET', '1.0'));
    expect(await client.readToEnd()).toMatch(/^HTTP\/1.1 200 /);
  });
});

describe('a response that has begun', () => {
  it('cannot be begun again', async () => {
    let thrown: unknown;
    await serve((downstream) => {
      downstream.stream(200, dated(), new ScriptedContent(-1), () => undefined);
      try {
        downstream.respond(500, dated(), '');
      } catch (error) {
        thrown = error;
      }
      downstream.abort();
    });
    client.send(request('GET'));
    await client.readToEnd();
    expect(thrown).toMatchObject({ message: expect.stringContaining('already begun') });
  });
});
