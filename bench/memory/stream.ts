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

/** A node ends a stream on which nothing arrives for some seconds. */
const heartbeatMs = 1_000;

/** Records that are generated again for each snapshot, and what its last frame says about them. */
export class RecordList {
  readonly records: () => Iterable<ResourceRecord>;
  readonly setHash = new SetHash();
  chunks = 0;
  checksum = Buffer.alloc(0);

  /** @param records generates the same records each time */
  constructor(records: () => Iterable<ResourceRecord>) {
    this.records = records;
    const checksum = createHash('sha256');
    for (const piece of encodeResourceList(this.#counted(), maxChunkBytes)) {
      checksum.update(piece);
      this.chunks++;
    }
    this.checksum = checksum.digest();
  }

  *#counted(): Generator<ResourceRecord> {
    for (const record of this.records()) {
      this.setHash.add(record);
      yield record;
    }
  }
}

/** A control plane that sends the same records to one node, and waits for its acknowledgement. */
export class SnapshotSender {
  readonly #list: RecordList;
  readonly #server: ConfigStreamServer;
  readonly #heartbeats: NodeJS.Timeout;
  #call: NodeCall | undefined;
  #revision = 0;
  #isSending = false;
  #connected: (call: NodeCall) => void = () => undefined;
  #acknowledged: (revision: number) => void = () => undefined;

  constructor(list: RecordList) {
    this.#list = list;
    this.#server = createConfigStreamServer((call) => this.#accept(call));
    this.#heartbeats = setInterval(() => this.#beat(), heartbeatMs);
  }

  listen(): Promise<number> {
    return this.#server.listen(
      { host: '127.0.0.1', port: 0 },
      { mode: 'plaintext', allowRemote: false },
    );
  }

  close(): Promise<void> {
    clearInterval(this.#heartbeats);
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
    const { records, chunks, checksum, setHash } = this.#list;
    const acknowledged = new Promise<number>((resolve) => (this.#acknowledged = resolve));
    this.#isSending = true;
    let chunk = 0;
    for (const data of encodeResourceList(records(), maxChunkBytes)) {
      const facts = { type: 'snapshot', epoch: 'e', revision, chunk, chunks, data } as const;
      const frame = encodeControlFrame({ ...facts, checksum, setHash: setHash.bytes() });
      if (!call.write(frame)) await new Promise((resolve) => call.once('drain', resolve));
      chunk++;
      await nextTurn();
    }
    this.#revision = revision;
    this.#isSending = false;
    if ((await acknowledged) !== revision) throw new Error('the node refused the snapshot');
  }

  /** Within a snapshot no other frame may be sent. */
  #beat(): void {
    if (this.#isSending) return;
    const setHash = this.#revision === 0 ? new SetHash() : this.#list.setHash;
    this.#call?.write(
      encodeControlFrame({
        type: 'heartbeat',
        revision: this.#revision,
        setHash: setHash.bytes(),
      }),
    );
  }

  #accept(call: NodeCall): void {
    call.on('error', () => undefined);
    call.on('data', (frame: NodeFrame) => {
      if (frame.type === 'ack') this.#acknowledged(frame.revision);
      if (frame.type === 'nack') this.#acknowledged(-1);
    });
    call.on('end', () => {
      this.#acknowledged(-1);
      call.end();
    });
    this.#call = call;
    this.#connected(call);
  }
}
