import { afterEach, describe, expect, it } from '@jest/globals';
import { HeaderList } from '@sluice/http1';
import type { ContentSink } from '../net/content.ts';
import type { Downstream } from '../exchange/downstream.ts';
import { ListenerFixture } from './testing/listener-fixture.ts';
import { echo, eventually } from './testing/running-listener.ts';

const fixture = new ListenerFixture();
afterEach(() => fixture.stop());

const request = (path: string, content = ''): string =>
  `POST ${path} HTTP/1.1\r\nHost: a.test\r\nContent-Length: ${content.length}\r\n\r\n${content}`;

/** Reads of another connection fill the buffer that all are read into. */
async function overwrite(): Promise<void> {
  const other = await fixture.open();
  other.send(request('/other', 'z'.repeat(30_000)));
  expect((await other.readResponse()).body).toBe(`POST a.test/other ${'z'.repeat(30_000)}`);
}

describe('bytes that are kept do not change when other connections are read', () => {
  it('a pipelined request', async () => {
    const waiting: Downstream[] = [];
    await fixture.serve((downstream) =>
      downstream.path === '/slow' ? waiting.push(downstream) : echo(downstream),
    );
    const client = await fixture.open();
    client.send(request('/slow') + request('/next', 'content of the next'));
    await eventually(() => waiting.length === 1);
    await overwrite();
    waiting[0]?.respond(200, new HeaderList(), 'slow');
    expect((await client.readResponse()).body).toBe('slow');
    expect((await client.readResponse()).body).toBe('POST a.test/next content of the next');
  });

  it('content that is not read yet', async () => {
    const waiting: Downstream[] = [];
    await fixture.serve((downstream) =>
      downstream.path === '/late' ? waiting.push(downstream) : echo(downstream),
    );
    const client = await fixture.open();
    client.send(request('/late', 'content that waits'));
    await eventually(() => waiting.length === 1);
    await overwrite();
    echo(waiting[0] as Downstream);
    expect((await client.readResponse()).body).toBe('POST a.test/late content that waits');
  });

  it('content after its reader has paused', async () => {
    const taken: string[] = [];
    let late: Downstream | undefined;
    await fixture.serve((downstream) => {
      if (downstream.path !== '/paused') return echo(downstream);
      late = downstream;
      const sink: ContentSink = {
        data: (chunk) => {
          taken.push(chunk.toString('latin1'));
          return false;
        },
        end: () => downstream.respond(200, new HeaderList(), taken.join('')),
        fail: () => downstream.abort(),
      };
      downstream.content.start(sink);
    });
    const client = await fixture.open();
    // Two chunks in one read: the second is kept while the reader pauses at the first.
    client.send(
      'POST /paused HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n6\r\nsecond\r\n0\r\n\r\n',
    );
    await eventually(() => taken.length === 1);
    await overwrite();
    late?.content.resume();
    await overwrite();
    late?.content.resume();
    expect((await client.readResponse()).body).toBe('firstsecond');
  });

  it('the beginning of a head, and of an HTTP/2 preface', async () => {
    await fixture.serve(echo);
    const [half, preface] = [await fixture.open(), await fixture.open()];
    half.send('POST /half HTTP/1.1\r\nHost: a.te');
    preface.send('PRI');
    await new Promise((resolve) => setTimeout(resolve, 20));
    await overwrite();
    half.send('st\r\nContent-Length: 2\r\n\r\nok');
    preface.send('NT /preface HTTP/1.1\r\nHost: a.test\r\n\r\n');
    expect((await half.readResponse()).body).toBe('POST a.test/half ok');
    // Read as HTTP/1.1 from its first byte on: the method is PRINT, which is not served.
    expect((await preface.readResponse()).status).toBe(501);
  });
});
