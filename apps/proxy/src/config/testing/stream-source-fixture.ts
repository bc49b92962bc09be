import { setTimeout as sleep } from 'node:timers/promises';
import type { ResourceRecord } from '@sluice/wire';
import { ConfigState } from '../config-state.ts';
import { StreamSource, type StreamSourceOptions } from '../stream-source.ts';
import { FakeControlPlane, plaintext } from './fake-control-plane.ts';
import { FakeTarget } from './fake-target.ts';

/** A route as the control plane sends it. Tests only. */
export const record = (id: string, json = `{"name":"${id}"}`): ResourceRecord => ({
  kind: 'route',
  id,
  json,
});
export const [a, b, c] = [record('a'), record('b'), record('c')];

/** A control plane and a node's source of configuration that connects to it. Tests only. */
export class StreamSourceFixture {
  controlPlane!: FakeControlPlane;
  target!: FakeTarget;
  state!: ConfigState;
  source!: StreamSource;
  logged: string[] = [];
  draining = false;

  async start(): Promise<void> {
    this.controlPlane = new FakeControlPlane();
    await this.controlPlane.listen();
    this.forget();
    this.logged = [];
    this.draining = false;
    this.source = this.sourceOf();
  }

  async stop(): Promise<void> {
    await this.source.stop();
    await this.controlPlane.stop();
  }

  /** Replaces the configuration and the state of the node with empty ones, like a new process. */
  forget(): void {
    this.target = new FakeTarget();
    this.state = new ConfigState();
  }

  sourceOf(more: Partial<StreamSourceOptions> = {}): StreamSource {
    const note = (_: object, message: string): void => void this.logged.push(message);
    return new StreamSource({
      addresses: [{ host: '127.0.0.1', port: this.controlPlane.port }],
      security: () => plaintext,
      token: 'a-token',
      nodeId: 'node-1',
      gateway: 'default',
      version: '1.2.3',
      policies: ['key-auth'],
      kinds: ['gateway', 'route'],
      schemaLevel: 1,
      report: () => ({
        draining: this.draining,
        targets: [{ service: 's', address: '127.0.0.1:1', healthy: true }],
      }),
      target: this.target,
      state: this.state,
      lastGood: undefined,
      log: { info: note, warn: note, error: note },
      ...more,
    });
  }

  /** Waits until the condition holds. @throws Error after 30 s */
  async until(condition: () => boolean): Promise<void> {
    for (let attempt = 0; !condition(); attempt++) {
      if (attempt === 3_000)
        throw new Error(`still waiting; the node said ${JSON.stringify(this.controlPlane.frames)}`);
      await sleep(10);
    }
  }

  /** Starts the source and delivers revision 10 with these records. */
  async connected(...records: ResourceRecord[]): Promise<void> {
    this.source.start();
    await this.until(() => this.controlPlane.said('hello').length === 1);
    this.controlPlane.sendSnapshot(10, records);
    await this.until(() => this.controlPlane.said('ack').length === 1);
  }
}
