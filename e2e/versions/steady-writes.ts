import { setTimeout as sleep } from 'node:timers/promises';
import type { FleetControlPlane } from './fleet.ts';

const pauseMs = 20;

/**
 * Writes to one consumer without a pause, through all control planes in turn that are up, like
 * clients behind a load balancer. Each write adds a tag of its own and keeps the previous ones, so
 * that a write that is lost is missed later.
 */
export class SteadyWrites {
  readonly faults: string[] = [];
  private readonly controlPlanes: readonly FleetControlPlane[];
  private readonly consumer: string;
  private readonly loop: Promise<void>;
  private readonly tags: string[] = [];
  private isRunning = true;

  constructor(controlPlanes: readonly FleetControlPlane[], consumer: string) {
    this.controlPlanes = controlPlanes;
    this.consumer = consumer;
    this.loop = this.run();
  }

  /** Number of writes that were acknowledged. */
  get written(): number {
    return this.tags.length;
  }

  /** Waits for the write in progress and returns the tags that the consumer must have. */
  async stop(): Promise<readonly string[]> {
    this.isRunning = false;
    await this.loop;
    return this.tags.slice(-keptTags);
  }

  private async run(): Promise<void> {
    for (let number = 0; this.isRunning; number += 1) {
      const up = this.controlPlanes.filter(({ isUp }) => isUp);
      const controlPlane = up[number % up.length];
      if (controlPlane === undefined) throw new Error('no control plane is up');
      const tag = `write-${number}`;
      const tags = [...this.tags, tag].slice(-keptTags);
      const { status, body } = await controlPlane.admin
        .request('PATCH', `/v1/consumers/${this.consumer}`, { content: { tags } })
        .catch((error: unknown) => ({ status: 0, body: { detail: String(error) } }));
      if (status === 200) this.tags.push(tag);
      else this.faults.push(`${controlPlane.name} ${status} ${JSON.stringify(body)}`);
      await sleep(pauseMs);
    }
  }
}

/** A resource has few tags. */
const keptTags = 16;
