import { after, errorMessage } from '@sluice/errors';
import { makeFolder } from '@sluice/errors/make-folder';
import { open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { ConfigSnapshot, ResourceRecord } from '@sluice/wire';
import type { ConfigState } from './config-state.ts';
import { readLastGood, writeLastGood } from './last-good-file.ts';
import { isMissing, snapshotKey } from './snapshot-key.ts';
import type { ConfigLog } from './source.ts';

const debounceMs = 200;
/**
 * The pause after a write is this many times its duration, which bounds the share of time spent on
 * writing.
 */
const dutyFactor = 20;

export interface LastGoodOptions {
  readonly dataDir: string;
  /** 64 hexadecimal digits; without it a key is generated and stored next to the snapshots. */
  readonly key: string | undefined;
  /** A snapshot of another gateway is not used. */
  readonly gateway: string;
  readonly state: ConfigState;
  readonly log: ConfigLog;
}

/** A configuration to write. */
export interface KeptConfig {
  readonly epoch: string;
  readonly revision: number;
  readonly records: readonly ResourceRecord[];
}

/**
 * Stores the last two good configurations on disk, for a start without a control plane. A failure
 * does not stop the node; it is reported in the log and in the state.
 */
export class LastGood {
  readonly #options: LastGoodOptions;
  readonly #newest: string;
  readonly #previous: string;
  #key: Buffer | undefined;
  #take: (() => KeptConfig) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  #lastWriteMs = 0;

  constructor(options: LastGoodOptions) {
    this.#options = options;
    this.#newest = join(options.dataDir, 'last-good.snapshot');
    this.#previous = join(options.dataDir, 'last-good.previous.snapshot');
  }

  /** Returns the newest readable configuration, or undefined when there is none. */
  async load(): Promise<
    { readonly snapshot: ConfigSnapshot; readonly savedAtMs: number } | undefined
  > {
    const { log, state, gateway } = this.#options;
    const faults: string[] = [];
    for (const path of [this.#newest, this.#previous]) {
      try {
        const { head, snapshot } = await readLastGood(path, await this.#openKey());
        if (head.gateway === gateway) return { snapshot, savedAtMs: head.savedAtMs };
        log.info(
          { path, gateway: head.gateway },
          'the last good configuration belongs to another gateway and is not used',
        );
      } catch (error) {
        if (isMissing(error)) continue;
        const reason = errorMessage(error);
        faults.push(`${path}: ${reason}`);
        log.error({ path, reason }, 'a last good configuration cannot be used');
      }
    }
    if (faults.length > 0) {
      state.lastGoodError = faults.join('; ');
      log.error(
        {},
        'no last good configuration can be used: this node has no configuration until a control plane answers',
      );
    }
    return undefined;
  }

  /** Schedules a write. Calls `take` shortly afterwards, once for a burst of changes. */
  keep(take: () => KeptConfig): void {
    this.#take = take;
    this.#timer ??= after('storage', Math.max(debounceMs, this.#lastWriteMs * dutyFactor), () => {
      this.#writing = this.#writing.then(() => this.#write());
    });
  }

  /** Writes a scheduled configuration immediately. */
  async flush(): Promise<void> {
    await this.#writing;
    await this.#write();
  }

  async #write(): Promise<void> {
    clearTimeout(this.#timer);
    const take = this.#take;
    this.#take = undefined;
    const startedAt = performance.now();
    try {
      if (take !== undefined) await this.#replace(take());
      if (take !== undefined) this.#note('');
    } catch (error) {
      this.#note(errorMessage(error));
    }
    this.#lastWriteMs = performance.now() - startedAt;
    this.#timer = undefined;
    // A change that arrived during the write.
    if (this.#take !== undefined) this.keep(this.#take);
  }

  async #replace({ epoch, revision, records }: KeptConfig): Promise<void> {
    const { dataDir, gateway } = this.#options;
    const temporary = `${this.#newest}.tmp`;
    await writeLastGood(
      temporary,
      await this.#openKey(),
      { gateway, epoch, revision, savedAtMs: Date.now() },
      records,
    );
    // Between the two renames there is no newest file, so `load` also reads the previous one.
    await rename(this.#newest, this.#previous).catch((error: unknown) => {
      if (!isMissing(error)) throw error;
    });
    await rename(temporary, this.#newest);
    const folder = await open(dataDir, 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  }

  async #openKey(): Promise<Buffer> {
    const { dataDir, key } = this.#options;
    makeFolder(dataDir, 0o700);
    this.#key ??= await snapshotKey(dataDir, key);
    return this.#key;
  }

  #note(fault: string): void {
    const { state, log } = this.#options;
    if (fault !== '' && state.lastGoodError === '')
      log.error(
        { reason: fault },
        'the last good configuration cannot be written: a restart without a control plane would use an older one',
      );
    state.lastGoodError = fault;
  }
}
