import type { status } from '@grpc/grpc-js';
import { chunkSnapshot, createConfigStreamServer, encodeControlFrame, SetHash } from '@sluice/wire';
import type {
  ConfigStreamServer,
  ControlFrame,
  NodeCall,
  NodeFrame,
  ResourceRecord,
} from '@sluice/wire';

/** The stream without TLS, on this machine only. Tests only. */
export const plaintext = { mode: 'plaintext', allowRemote: false } as const;

/** A control plane that records the nodes' frames and sends the frames of the spec. Tests only. */
export class FakeControlPlane {
  readonly frames: NodeFrame[] = [];
  readonly calls: NodeCall[] = [];
  refuse: { code: status; details: string } | undefined;
  port = 0;
  #server: ConfigStreamServer | undefined;

  async listen(port = 0, host = '127.0.0.1'): Promise<void> {
    this.#server = createConfigStreamServer((call) => this.#accept(call));
    const security = host === '127.0.0.1' ? plaintext : { ...plaintext, allowRemote: true };
    this.port = await this.#server.listen({ host, port }, security);
  }

  async stop(): Promise<void> {
    await this.#server?.close(0);
    this.#server = undefined;
  }

  get call(): NodeCall {
    return this.calls.at(-1) as NodeCall;
  }

  sendSnapshot(revision: number, records: readonly ResourceRecord[], chunkBytes?: number): void {
    for (const frame of chunkSnapshot(
      { epoch: 'e', revision, records, setHash: SetHash.of(records) },
      chunkBytes,
    ))
      this.call.write(frame);
  }

  send(frame: ControlFrame): void {
    this.call.write(encodeControlFrame(frame));
  }

  /** A delta whose result is the set `after`. */
  sendDelta(
    revision: number,
    changes: readonly ResourceRecord[],
    after: readonly ResourceRecord[],
    fromRevision = revision - 1,
  ): void {
    this.send({
      type: 'delta',
      fromRevision,
      revision,
      changes,
      setHash: SetHash.of(after).bytes(),
      merged: false,
    });
  }

  said<Type extends NodeFrame['type']>(type: Type): Extract<NodeFrame, { type: Type }>[] {
    return this.frames.filter(
      (frame): frame is Extract<NodeFrame, { type: Type }> => frame.type === type,
    );
  }

  #accept(call: NodeCall): void {
    call.on('error', () => undefined);
    if (this.refuse !== undefined) {
      call.emit('error', Object.assign(new Error(this.refuse.details), this.refuse));
      return;
    }
    this.calls.push(call);
    call.on('data', (frame: NodeFrame) => this.frames.push(frame));
    call.on('end', () => call.end());
  }
}
