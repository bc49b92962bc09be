import { expect } from '@jest/globals';
import { RawClient } from '../../listener/testing/raw-client.ts';
import { eventually } from '../../listener/testing/running-listener.ts';
import { EdgeProxy } from './edge-proxy.ts';
import { frameTypes, preface, readFrames, request, type Frame } from './http2-frames.ts';

/** A proxy, and a client that sends raw HTTP/2 frames to it. Tests only. */
export class Http2EdgeFixture {
  edge!: EdgeProxy;
  client!: RawClient;

  /** Starts the proxy; connects, and sends the preface. */
  async start(): Promise<void> {
    this.edge = await EdgeProxy.start();
    this.client = await RawClient.connect(this.edge.proxy.port);
    this.client.send(preface);
  }

  async stop(): Promise<void> {
    this.client.close();
    await this.edge.stop();
  }

  /** The complete frames that the client has received. */
  frames(): Frame[] {
    return readFrames(this.client.received);
  }

  /** The content received on a stream. */
  contentOf(streamId: number): string {
    return this.frames()
      .filter((each) => each.type === frameTypes.data && each.streamId === streamId)
      .map(({ payload }) => payload.toString('latin1'))
      .join('');
  }

  /** The error code of the stream's RST_STREAM, if one has arrived. */
  resetOf(streamId: number): number | undefined {
    return this.frames()
      .find((each) => each.type === frameTypes.rstStream && each.streamId === streamId)
      ?.payload.readUInt32BE(0);
  }

  /** The error code of the GOAWAY, if one has arrived. */
  goaway(): number | undefined {
    return this.frames()
      .find(({ type }) => type === frameTypes.goaway)
      ?.payload.readUInt32BE(4);
  }

  /** True when the connection has ended. */
  isOver(): boolean {
    return this.client.ending !== undefined;
  }

  /** Method and target of each request that the upstream has received. */
  asked(): readonly string[] {
    return this.edge.origin.received.requests.map((text) =>
      text.slice(0, text.indexOf(' HTTP/1.1\r\n')),
    );
  }

  /**
   * Checks that the next request gets its own response or the connection is closed, and another
   * client is served.
   */
  async nextIsItsOwn(streamId: number): Promise<void> {
    if (!this.isOver() && this.goaway() === undefined) {
      this.client.send(request(streamId, '/next'));
      await eventually(() => this.contentOf(streamId) === 'GET /next' || this.isOver());
    }
    const other = await RawClient.connect(this.edge.proxy.port);
    expect(
      (await other.send('GET /other HTTP/1.1\r\nHost: a.test\r\n\r\n').readResponse()).body,
    ).toBe('GET /other');
    other.close();
    await eventually(() => this.edge.origin.received.pending.length === 0);
  }
}
