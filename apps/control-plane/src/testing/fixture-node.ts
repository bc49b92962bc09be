import { kinds, schemaLevel } from '@sluice/config';
import { createConfigStreamClient, SetHash, SnapshotAssembler } from '@sluice/wire';
import type {
  ControlCall,
  ControlFrame,
  Delta,
  ConfigFault,
  Hello,
  NodeFrame,
  ResourceRecord,
} from '@sluice/wire';
import { fixtureToken } from './replica.ts';

export interface FixtureNodeOptions {
  readonly id?: string;
  /** The address of the replica; loopback by default. */
  readonly host?: string;
  readonly gateway?: string;
  readonly token?: string;
  /** The configuration that the node already has. */
  readonly held?: Pick<Hello, 'epoch' | 'revision' | 'setHash'>;
  /** False when the spec sends the acknowledgements itself. */
  readonly acks?: boolean;
  readonly saysHello?: boolean;
  /** Identity of the process; none by default. */
  readonly bootId?: string;
  /** The kinds that it names; all of this release by default. */
  readonly kinds?: readonly string[];
  /** Level of its schemas; this release's by default. */
  readonly schemaLevel?: number;
}

/**
 * A node that implements only the protocol: it stores the configuration that it receives and
 * acknowledges it.
 */
export class FixtureNode {
  readonly frames: ControlFrame[] = [];
  readonly records = new Map<string, ResourceRecord>();
  revision = 0;
  epoch = '';
  error: Error | undefined;
  readonly call: ControlCall;
  private readonly client;
  private readonly assembler = new SnapshotAssembler();
  private changed = Promise.withResolvers<void>();

  constructor(
    port: number,
    private readonly options: FixtureNodeOptions = {},
  ) {
    this.client = createConfigStreamClient({
      address: { host: options.host ?? '127.0.0.1', port },
      security: { mode: 'plaintext', allowRemote: true },
      token: options.token ?? fixtureToken,
    });
    this.call = this.client.connect();
    this.call.on('data', (frame: ControlFrame) => this.take(frame));
    this.call.on('error', (error: Error) => {
      this.error = error;
      this.tell();
    });
    this.call.on('end', () => this.tell());
    if (options.saysHello !== false) this.hello(options.held);
  }

  hello(
    held: FixtureNodeOptions['held'] = { epoch: '', revision: 0, setHash: Buffer.alloc(0) },
    nodeId = this.options.id ?? 'node-1',
  ): void {
    this.send({
      type: 'hello',
      nodeId,
      gateway: this.options.gateway ?? 'default',
      version: '1',
      policies: [],
      appliedRevision: held.revision,
      nackedRevision: 0,
      faults: [],
      bootId: this.options.bootId ?? '',
      kinds: this.options.kinds ?? kinds,
      schemaLevel: this.options.schemaLevel ?? schemaLevel,
      ...held,
    });
  }

  send(frame: NodeFrame): void {
    this.call.write(frame);
  }

  nack(revision: number, fault: Partial<ConfigFault>): void {
    this.send({
      type: 'nack',
      revision,
      faults: [
        {
          kind: 'route',
          id: '',
          name: '',
          pointer: '',
          code: 'broken',
          reason: 'broken',
          ...fault,
        },
      ],
    });
  }

  /** The deltas received. */
  get deltas(): Delta[] {
    return this.frames.filter((frame) => frame.type === 'delta');
  }

  /** The configuration that its next hello would report. */
  get held(): { epoch: string; revision: number; setHash: Buffer } {
    return {
      epoch: this.epoch,
      revision: this.revision,
      setHash: SetHash.of(this.records.values()).bytes(),
    };
  }

  /** Resolves once the condition holds; rejects after 30 s. */
  async until(condition: () => boolean): Promise<void> {
    const late = AbortSignal.timeout(30_000);
    while (!condition()) {
      if (late.aborted)
        throw new Error(
          `the node has seen ${JSON.stringify(this.frames.map(({ type }) => type))}, error ${this.error?.message ?? 'none'}`,
        );
      await Promise.race([this.changed.promise, new Promise((resolve) => setTimeout(resolve, 50))]);
    }
  }

  close(): void {
    this.call.cancel();
    this.client.close();
  }

  private take(frame: ControlFrame): void {
    this.frames.push(frame);
    if (frame.type === 'snapshot') {
      const snapshot = this.assembler.accept(frame);
      if (snapshot !== undefined) {
        this.records.clear();
        for (const record of snapshot.records) this.records.set(record.id, record);
        this.epoch = snapshot.epoch;
        this.reached(snapshot.revision);
      }
    } else if (frame.type === 'delta') {
      for (const change of frame.changes) {
        if (change.json === '') this.records.delete(change.id);
        else this.records.set(change.id, change);
      }
      this.reached(frame.revision);
    }
    this.tell();
  }

  private reached(revision: number): void {
    this.revision = revision;
    if (this.options.acks !== false) this.send({ type: 'ack', revision, quarantined: [] });
  }

  private tell(): void {
    this.changed.resolve();
    this.changed = Promise.withResolvers();
  }
}
