import { after, errorCode, errorMessage } from '@sluice/errors';
import { makeFolder } from '@sluice/errors/make-folder';
import { constants, existsSync } from 'node:fs';
import { access, open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { ReceivedSnapshot, ResourceRecord } from '@sluice/wire';
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

/** A configuration that was read. */
export interface LoadedConfig {
  readonly snapshot: ReceivedSnapshot;
  readonly savedAtMs: number;
}

/** A configuration to write. */
export interface KeptConfig {
  readonly epoch: string;
  readonly revision: number;
  readonly records: Iterable<ResourceRecord>;
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

  /**
   * Returns the newest readable configuration, or undefined when there is none. Reports a folder
   * that cannot be written, before it is needed.
   */
  async load(): Promise<LoadedConfig | undefined> {
    try {
      const loaded = await this.#read(await this.#openKey());
      await this.#checkWritable();
      return loaded;
    } catch (error) {
      // Without a folder or a key nothing can be read.
      const reason = this.#describe(error);
      this.#note(reason);
      this.#options.state.whyNoLastGood = `no last good configuration can be read: ${reason}`;
      return undefined;
    }
  }

  async #checkWritable(): Promise<void> {
    const { dataDir, state } = this.#options;
    try {
      await access(dataDir, constants.W_OK | constants.X_OK);
    } catch (error) {
      const earlier = state.lastGoodError === '' ? '' : `${state.lastGoodError}; `;
      this.#note(earlier + this.#describe(error));
    }
  }

  async #read(key: Buffer): Promise<LoadedConfig | undefined> {
    const { log, state, gateway } = this.#options;
    const faults: string[] = [];
    const unused: string[] = [];
    for (const path of [this.#newest, this.#previous]) {
      try {
        const { head, snapshot } = await readLastGood(path, key);
        if (head.gateway === gateway) return { snapshot, savedAtMs: head.savedAtMs };
        const reason = `it belongs to the gateway "${head.gateway}", and this node serves "${gateway}"`;
        unused.push(`${path}: ${reason}`);
        log.warn({ path, reason }, 'a last good configuration is not used');
      } catch (error) {
        if (isMissing(error)) continue;
        const reason = errorMessage(error);
        faults.push(`${path}: ${reason}`);
        unused.push(`${path}: ${reason}`);
        log.error({ path, reason }, 'a last good configuration cannot be used');
      }
    }
    if (unused.length > 0)
      state.whyNoLastGood = `the last good configuration on disk cannot be used: ${unused.join('; ')}`;
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
      this.#note(this.#describe(error));
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

  /** Describes why nothing is stored: an error of the system, or a key that cannot be used. */
  #describe(error: unknown): string {
    const reason = errorMessage(error);
    if (errorCode(error) === undefined) return reason;
    const { dataDir } = this.#options;
    const consequence =
      existsSync(this.#newest) || existsSync(this.#previous)
        ? 'a restart without the control plane uses an older configuration'
        : 'this node cannot restart without its control plane';
    return `The folder ${dataDir} cannot be written (${reason}): ${consequence}. Make it writable or set SLUICE_DATA_DIR.`;
  }

  #note(fault: string): void {
    const { state, log } = this.#options;
    if (fault !== '' && fault !== state.lastGoodError)
      log.error({ reason: fault }, 'the last good configuration is not stored');
    state.lastGoodError = fault;
  }
}
