import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  createConfigStreamServer,
  encodeControlFrame,
  encodeResourceList,
  maxChunkBytes,
  SetHash,
} from '@sluice/wire';
import type { ConfigStreamServer, NodeCall, NodeFrame, ResourceRecord } from '@sluice/wire';

/** A control plane that sends generated records to one node, and waits for its acknowledgement. */
export class SnapshotSender {
  readonly #records: () => Iterable<ResourceRecord>;
  readonly #server: ConfigStreamServer;
  #call: NodeCall | undefined;
  #connected: (call: NodeCall) => void = () => undefined;
  #acknowledged: (revision: number) => void = () => undefined;

  /** @param records generates the same records each time */
  constructor(records: () => Iterable<ResourceRecord>) {
    this.#records = records;
    this.#server = createConfigStreamServer((call) => this.#accept(call));
  }

  listen(): Promise<number> {
    return this.#server.listen(
      { host: '127.0.0.1', port: 0 },
      { mode: 'plaintext', allowRemote: false },
    );
  }

  close(): Promise<void> {
    return this.#server.close(0);
  }

  /** Resolves when a node is connected. */
  async connection(): Promise<void> {
    this.#call ??= await new Promise<NodeCall>((resolve) => (this.#connected = resolve));
  }

  /** Sends all records; resolves when the node has applied them. Rejects when it refuses them. */
  async send(revision: number): Promise<void> {
    const call = this.#call;
    if (call === undefined) throw new Error('no node is connected');
    const setHash = new SetHash();
    const checksum = createHash('sha256');
    let chunks = 0;
    const counted = function* (records: Iterable<ResourceRecord>): Generator<ResourceRecord> {
      for (const record of records) {
        setHash.add(record);
        yield record;
      }
    };
    for (const piece of encodeResourceList(counted(this.#records()), maxChunkBytes)) {
      checksum.update(piece);
      chunks++;
      await nextTurn();
    }
    const end = { checksum: checksum.digest(), setHash: setHash.bytes() };
    const acknowledged = new Promise<number>((resolve) => (this.#acknowledged = resolve));
    let chunk = 0;
    for (const data of encodeResourceList(this.#records(), maxChunkBytes)) {
      const facts = { type: 'snapshot', epoch: 'e', revision, chunk, chunks, data } as const;
      if (!call.write(encodeControlFrame({ ...facts, ...end })))
        await new Promise((resolve) => call.once('drain', resolve));
      chunk++;
      await nextTurn();
    }
    if ((await acknowledged) !== revision) throw new Error('the node refused the snapshot');
  }

  #accept(call: NodeCall): void {
    call.on('error', () => undefined);
    call.on('data', (frame: NodeFrame) => {
      if (frame.type === 'ack') this.#acknowledged(frame.revision);
      if (frame.type === 'nack') this.#acknowledged(-1);
    });
    call.on('end', () => call.end());
    this.#call = call;
    this.#connected(call);
  }
}
